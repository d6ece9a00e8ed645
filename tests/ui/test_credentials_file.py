from pathlib import Path

import pytest

from adapter.ui.credentials_file import CredentialsError, parse_credentials, read_credentials


def test_each_line_is_one_credential() -> None:
    """Comments and empty lines are skipped; a password may hold colons."""
    found = parse_credentials(["# keys", "key a b", "", "bearer t", "basic u:p:q"], file="f")

    assert (found.api_keys, found.bearer_tokens, found.basic) == (("a b",), ("t",), (("u", "p:q"),))


@pytest.mark.parametrize("line", ["token x", "key", "key  ", "basic nobody"])
def test_another_line_is_refused_with_its_number_and_without_its_text(line: str) -> None:
    """The file and line are named, the secret is not."""
    with pytest.raises(CredentialsError, match=r"f:2: must be `key KEY`") as caught:
        parse_credentials(["key fine", line], file="f")

    assert "fine" not in str(caught.value)
    assert "nobody" not in str(caught.value)


def test_a_file_without_credentials_would_lock_nobody_out_and_is_refused(tmp_path: Path) -> None:
    """An empty Secret must not open the API; a missing file is named."""
    (tmp_path / "empty").write_text("# nothing yet\n")

    with pytest.raises(CredentialsError, match="holds no credentials"):
        read_credentials(str(tmp_path / "empty"))
    with pytest.raises(CredentialsError, match="No such file"):
        read_credentials(str(tmp_path / "missing"))
