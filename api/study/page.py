"""The page of a study: text, tables and charts in one HTML file that needs no network."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from html import escape
from importlib.resources import files

import plotly.graph_objects as go

_STYLE = """
:root{color-scheme:light dark}
body{font:16px/1.5 system-ui,sans-serif;max-width:1100px;margin:2rem auto;padding:0 1rem;background:#fff;color:#1c1c1c}
h1{line-height:1.2} h2{margin-top:2.2rem}
table{border-collapse:collapse;font-size:14px;display:block;overflow-x:auto}
th,td{padding:.3rem .7rem;text-align:right;border-bottom:1px solid #ddd;white-space:nowrap}
th:first-child,td:first-child{text-align:left} th{background:#f4f4f4;position:sticky;top:0}
.good{color:#0a6b2d;font-weight:600} .bad{color:#b00020;font-weight:600} .note{color:#555}
.chart{min-height:420px}
"""


@dataclass(frozen=True, eq=False)
class Section:
    """A heading with paragraphs (as HTML), a table of texts, and charts; any of them may be missing."""

    heading: str
    paragraphs: Sequence[str] = ()
    columns: Sequence[str] = ()
    rows: Sequence[Sequence[str]] = ()
    charts: Sequence[go.Figure] = field(default_factory=tuple)


def page(title: str, sections: Sequence[Section]) -> str:
    """The page as HTML with plotly.js in it."""
    script = files("plotly").joinpath("package_data", "plotly.min.js").read_text(encoding="utf-8")
    body: list[str] = []
    charts: list[str] = []
    for section in sections:
        if section.heading:
            body.append(f"<h2>{escape(section.heading)}</h2>")
        body += [f"<p>{paragraph}</p>" for paragraph in section.paragraphs]
        if section.rows:
            head = "".join(f"<th>{escape(name)}</th>" for name in section.columns)
            lines = "".join(
                "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in section.rows
            )
            body.append(f"<table><thead><tr>{head}</tr></thead><tbody>{lines}</tbody></table>")
        for chart in section.charts:
            body.append(f'<div class="chart" id="chart-{len(charts)}"></div>')
            charts.append(chart.to_json())
    data = f"[{','.join(charts)}]".replace("<", "\\u003c")
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        f'<meta name="viewport" content="width=device-width"><style>{_STYLE}</style></head>'
        f"<body><h1>{escape(title)}</h1>{''.join(body)}"
        f"<script>{script.replace('</script', '<' + chr(92) + '/script')}</script>"
        f'<script type="application/json" id="charts">{data}</script>'
        "<script>JSON.parse(document.getElementById('charts').textContent).forEach((c,i)=>"
        "Plotly.newPlot('chart-'+i,c.data,c.layout,{responsive:true,displaylogo:false}))</script>"
        "</body></html>\n"
    )


def as_json_text(value: object) -> str:
    """JSON in the form of study files."""
    return json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
