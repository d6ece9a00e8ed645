"""Write the pages that are generated from the code: `python -m tests.docs.generate`."""

from adapter.commands.options import markdown, schema_text
from tests.docs import metrics_page, support_page
from tests.docs.pages import ROOT

if __name__ == "__main__":
    metrics_page.PAGE.write_text(metrics_page.render(), encoding="utf-8")
    support_page.PAGE.write_text(support_page.render(), encoding="utf-8")
    (ROOT / "docs" / "options.md").write_text(markdown(), encoding="utf-8")
    (ROOT / "docs" / "config.schema.json").write_text(schema_text(), encoding="utf-8")
