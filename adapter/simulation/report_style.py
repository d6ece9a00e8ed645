"""The looks of a report: colours for light and dark screens, checked for contrast, and the layout of the page."""

from typing import Final

_LIGHT = ("#0b62c4", "#c2410c", "#0f7b5f", "#7c3aed", "#a8326e", "#8a6100", "#0e7490", "#475569")
_DARK = ("#6db3ff", "#ff9b6a", "#4fd1a5", "#b79bff", "#f58cc0", "#e3b341", "#5fd4ec", "#a3b1c6")

COLOURS: Final = len(_LIGHT)


def _colours(values: tuple[str, ...]) -> str:
    return "".join(f"--c{index}:{value};" for index, value in enumerate(values))


STYLE: Final = (
    ":root{color-scheme:light dark;--page:#f6f7f9;--sheet:#fff;--ink:#14181f;--dim:#55606e;--rule:#dfe3e8;"
    + _colours(_LIGHT)
    + "}@media(prefers-color-scheme:dark){"
    ":root{--page:#0f1318;--sheet:#171c23;--ink:#e8ecf1;--dim:#9aa6b4;--rule:#2b333d;"
    + _colours(_DARK)
    + "}}"
    + "".join(f".c{index}{{--c:var(--c{index})}}" for index in range(len(_LIGHT)))
    + """
*{box-sizing:border-box}body{margin:0;background:var(--page);color:var(--ink);font:15px/1.5 system-ui,sans-serif}
main{max-width:1160px;margin:0 auto;padding:32px 20px}h1{font-size:26px;margin:0 0 8px}h2{font-size:20px;margin:0 0 4px}
h3{font-size:15px;margin:24px 0 4px}p{margin:4px 0;color:var(--dim)}ul{margin:4px 0;padding-left:20px;color:var(--dim)}
section{background:var(--sheet);border:1px solid var(--rule);border-radius:10px;padding:20px;margin:24px 0}
.subject{margin:16px 0 6px;font-weight:600;color:var(--ink)}
.cards{display:grid;grid-template-columns:repeat(auto-fit,minmax(140px,1fr));gap:12px;margin:0 0 24px}
.cards div{background:var(--sheet);border:1px solid var(--rule);border-radius:10px;padding:12px 14px}
.cards b{display:block;font-size:24px;font-variant-numeric:tabular-nums}.cards span{display:block;color:var(--dim)}
.cards i{font-style:normal;font-size:13px;color:var(--dim)}
.wide{overflow-x:auto;margin:12px 0}table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}
th,td{padding:5px 7px;text-align:right;border-bottom:1px solid var(--rule);white-space:nowrap}
th:first-child{text-align:left}thead th{color:var(--dim);font-weight:500;font-size:13px}tbody th{font-weight:500}
tbody th span::before,.legend span::before{content:"";display:inline-block;width:10px;height:10px;border-radius:3px;
background:var(--c);margin-right:7px}.legend span{margin-right:16px;white-space:nowrap}
svg{display:block;width:100%;height:auto;margin:4px 0 0}svg text{font:11px system-ui,sans-serif;fill:var(--dim)}
.grid{stroke:var(--rule)}.line{fill:none;stroke:var(--c);stroke-width:1.6;stroke-linejoin:round;stroke-linecap:round}
.join{fill:none;stroke:var(--c);stroke-width:1.2;opacity:.5}.dot{fill:var(--c);stroke:var(--sheet);stroke-width:1.5}
.bar{fill:var(--c)}footer{margin-top:24px;font-size:13px}
"""
)
