--- What the HTML page carries beside its rows: style and script, and the hashes by which its
-- content security policy lets these two through and nothing else.
local assets = {}

assets.style = [[
:root{color-scheme:light dark;--page:#fff;--text:#1a1d21;--muted:#5a626c;--line:#d5dae0;--panel:#f5f7f9;--bar:#2b6cb0;--accent:#1d4f91;--warn:#8a4b00;--warnbg:#fff3dc}
@media(prefers-color-scheme:dark){:root{--page:#14171a;--text:#e6e9ec;--muted:#a3adb8;--line:#363d45;--panel:#1d2226;--bar:#5b9bd9;--accent:#8fc1f5;--warn:#ffcf87;--warnbg:#3a2a10}}
*{box-sizing:border-box}
body{margin:0 auto;max-width:80rem;padding:1.5rem;background:var(--page);color:var(--text);font:16px/1.5 system-ui,sans-serif}
h1{margin:0;font-size:1.7rem}h2{margin:2rem 0 .6rem;font-size:1.15rem}
.generated{color:var(--muted);margin:.2rem 0 1rem}
.warning{background:var(--warnbg);color:var(--warn);border-left:4px solid currentColor;padding:.6rem 1rem;margin:0 0 1rem}
.warning ul{margin:.2rem 0 0;padding-left:1.2rem}
.totals{display:flex;flex-wrap:wrap;gap:.8rem;margin:0;padding:0}
.totals div{background:var(--panel);border:1px solid var(--line);border-radius:.5rem;padding:.6rem 1.2rem;min-width:7rem}
.totals dt{color:var(--muted);font-size:.85rem}.totals dd{margin:0;font-size:1.6rem;font-weight:600;font-variant-numeric:tabular-nums}
.charts{display:grid;grid-template-columns:repeat(auto-fit,minmax(19rem,1fr));gap:1rem}
figure{margin:0;background:var(--panel);border:1px solid var(--line);border-radius:.5rem;padding:.8rem 1rem}
figcaption{font-weight:600;margin-bottom:.3rem}
svg{width:100%;height:auto;display:block}svg text{fill:var(--text);font:13px system-ui,sans-serif}svg rect{fill:var(--bar)}
.tools{display:flex;flex-wrap:wrap;gap:1rem;align-items:center;margin-bottom:.6rem}
input{font:inherit;color:inherit;background:var(--page);border:1px solid var(--muted);border-radius:.3rem;padding:.3rem .6rem;min-width:16rem}
:focus-visible{outline:3px solid var(--accent);outline-offset:1px}
.scroll{overflow-x:auto;border:1px solid var(--line);border-radius:.5rem}
table{border-collapse:collapse;width:100%;font-size:.92rem}
th,td{text-align:left;padding:.35rem .7rem;border-bottom:1px solid var(--line);vertical-align:top;overflow-wrap:break-word;max-width:30rem}
th{background:var(--panel);white-space:nowrap}
th button{all:unset;cursor:pointer;font-weight:600;padding:0 .2rem}th button:focus-visible{outline:3px solid var(--accent)}
th button::after{content:" \2195";color:var(--muted)}
th[aria-sort=ascending] button::after{content:" \2191"}th[aria-sort=descending] button::after{content:" \2193"}
.right{text-align:right;white-space:nowrap;font-variant-numeric:tabular-nums}
tbody tr:hover{background:var(--panel)}
.none{color:var(--muted)}
.bad{color:var(--warn);font-weight:600}
@media print{:root{--page:#fff;--text:#000;--muted:#444;--line:#999;--panel:#fff;--bar:#555;--warn:#000;--warnbg:#fff}
body{max-width:none;padding:0;font-size:11px}.tools{display:none}th button{display:contents}th button::after{content:""}.scroll{overflow:visible;border:0}thead{display:table-header-group}tr,figure{break-inside:avoid}th,td{padding:.2em .6em}}
]]

assets.script = [[
"use strict";
for (const section of document.querySelectorAll("section[data-rows]")) {
  const body = section.querySelector("tbody"), filter = section.querySelector("input"), count = section.querySelector("output");
  const rows = Array.from(body.rows), texts = rows.map(row => row.textContent.toLowerCase());
  const value = (row, column) => { const cell = row.cells[column]; return "v" in cell.dataset ? Number(cell.dataset.v) : cell.textContent; };
  const unknown = (row, column) => row.cells[column].classList.contains("none");
  const compare = (a, b, column) => {
    const x = value(a, column), y = value(b, column);
    return typeof x === "number" && typeof y === "number" ? x - y : String(x).localeCompare(String(y), undefined, { numeric: true });
  };
  section.querySelectorAll("th").forEach((head, column, heads) => {
    head.firstElementChild.addEventListener("click", () => {
      const down = head.getAttribute("aria-sort") === "ascending";
      heads.forEach(other => other.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", down ? "descending" : "ascending");
      const sorted = rows.slice().sort((a, b) => unknown(a, column) - unknown(b, column) || (down ? -1 : 1) * compare(a, b, column));
      body.append(...sorted);
    });
  });
  const apply = () => {
    const words = filter.value.toLowerCase().split(/\s+/).filter(word => word);
    let shown = 0;
    rows.forEach((row, i) => { row.hidden = !words.every(word => texts[i].includes(word)); if (!row.hidden) shown++; });
    count.value = shown + " of " + rows.length + " rows";
  };
  filter.addEventListener("input", apply);
  document.addEventListener("keydown", event => {
    if (event.key === "/" && document.activeElement !== filter) { event.preventDefault(); filter.focus(); }
    if (event.key === "Escape" && document.activeElement === filter) { filter.value = ""; apply(); }
  });
  section.querySelector(".tools").hidden = false;
}
]]

-- SHA-256 in base64 of the two texts above; a spec works them out again.
assets.style_hash = "OFNYC+4v/VZToIcWFarz1r0EeBpJ+c2pm5VmTL8/5YM="
assets.script_hash = "txI8+Euqth76VeTp9qmoaBLeKP2YtpTp/51e1YLxdjc="

return assets
