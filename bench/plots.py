"""The plots of `docs/performance.md`, as SVG, from the published figures.

Their colours are legible on light and on dark, since an image does not follow the page's switch.
"""

from __future__ import annotations

from html import escape

OURS, OTHERS, TEXT = "#2a9d8f", "#8d99ae", "#7a828e"
# Narrow, so that a phone shows its letters large enough.
ROW, NAMES, WIDTH, VALUES = 26, 120, 460, 50


def plots(clients: list[dict[str, str]]) -> dict[str, str]:
    """By the names of their files."""
    drawn = {}
    for scheme in ("https", "http"):
        figures = {row["client"]: float(row[f"{scheme}_cpu"]) for row in clients if row[f"{scheme}_cpu"]}
        drawn[f"put-{scheme}.svg"] = bars(f"{scheme}: CPU seconds per GiB", figures)
    return drawn


def bars(title: str, figures: dict[str, float]) -> str:
    """A bar for each, the shortest first."""
    rows = sorted(figures.items(), key=lambda row: row[1])
    scale = (WIDTH - NAMES - VALUES) / max(figures.values())
    height = ROW * (len(rows) + 1) + 8
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img" '
        f'font-family="sans-serif" font-size="14" fill="{TEXT}">',
        f"<title>{escape(title)}</title>",
        f'<text x="{NAMES}" y="18" font-weight="bold">{escape(title)}</text>',
    ]
    for number, (name, value) in enumerate(rows, 1):
        top, width = ROW * number + 4, max(value * scale, 1)
        ours = name.startswith("dropoff-")
        weight = ' font-weight="bold"' if ours else ""
        lines += [
            f'<text x="{NAMES - 8}" y="{top + 15}" text-anchor="end"{weight}>{escape(name)}</text>',
            f'<rect x="{NAMES}" y="{top}" width="{width:.1f}" height="{ROW - 6}" rx="2" '
            f'fill="{OURS if ours else OTHERS}"/>',
            f'<text x="{NAMES + width + 6:.1f}" y="{top + 15}">{value:.2f}</text>',
        ]
    return "\n".join([*lines, "</svg>", ""])
