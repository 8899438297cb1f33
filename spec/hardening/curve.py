"""Draws the curves of a long run, one small panel for each series."""
WIDTH, HEIGHT, LEFT = 900, 90, 250


def draw(path, names, samples):
    last = max(sample["seconds"] for sample in samples) or 1
    panels = []
    for index, name in enumerate(names):
        points = [(sample["seconds"], sample[name]) for sample in samples if sample[name] is not None]
        top = max((value for _, value in points), default=1) or 1
        bottom = (index + 1) * HEIGHT - 15
        line = " ".join("%.1f,%.1f" % (LEFT + x / last * (WIDTH - LEFT - 20), bottom - y / top * (HEIGHT - 30))
                        for x, y in points)
        panels.append(
            f'<text x="10" y="{bottom - 20}">{name.replace("_", " ")}</text>'
            f'<text x="10" y="{bottom - 4}" class="range">0 to {top}{" KiB" if "rss" in name else ""}</text>'
            f'<path d="M{LEFT} {bottom}H{WIDTH - 20}" class="axis"/><polyline points="{line}"/>')
    height = len(names) * HEIGHT + 25
    with open(path, "w") as file:
        file.write(
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" font-family="sans-serif" font-size="13">'
            '<style>polyline{fill:none;stroke:#1b6ac9;stroke-width:1}.axis{stroke:#999}.range{fill:#666;font-size:11px}</style>'
            f'<rect width="100%" height="100%" fill="#fff"/>{"".join(panels)}'
            f'<text x="{LEFT}" y="{height - 8}" class="range">0 s</text>'
            f'<text x="{WIDTH - 20}" y="{height - 8}" class="range" text-anchor="end">{last:.0f} s</text></svg>\n')
