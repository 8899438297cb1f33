--- The page's style: light, dark, narrow, wide, and on paper.
return [==[
:root{color-scheme:light dark;--page:#fff;--text:#1a1d21;--muted:#59616b;--line:#d5dae0;--panel:#f4f6f8;--bar:#2b6cb0;--rest:#8b96a3;--accent:#1d4f91;--chosen:#dceafa;--warn:#7a2e00;--warnbg:#ffe9d1;--good:#1b6b34}
@media(prefers-color-scheme:dark){:root{--page:#14171a;--text:#e6e9ec;--muted:#a8b1bc;--line:#363d45;--panel:#1d2226;--bar:#5b9bd9;--rest:#6d7782;--accent:#8fc1f5;--chosen:#21384f;--warn:#ffcf9a;--warnbg:#46230a;--good:#7fd79a}}
*{box-sizing:border-box}
[hidden]{display:none!important}
body{margin:0;padding:.8rem 1rem;background:var(--page);color:var(--text);font:15px/1.45 system-ui,sans-serif}
h1{margin:0;font-size:1.25rem;overflow-wrap:anywhere}h2{margin:.8rem 0 .4rem;font-size:1.05rem}
header{display:flex;flex-wrap:wrap;gap:0 1.5rem;align-items:baseline;margin-bottom:.5rem}
header p{margin:0;color:var(--muted)}header b{color:var(--text);font-variant-numeric:tabular-nums}
.strip{background:var(--warnbg);color:var(--warn);border-left:.4rem solid currentColor;padding:.45rem .8rem;margin:0 0 .5rem}
.strip ul{margin:.2rem 0 0;padding-left:1.2rem;max-height:7.5rem;overflow:auto}.strip li{overflow-wrap:anywhere}
.stale{font-weight:600}.old .rows,.old .charts,.old .history{filter:grayscale(1)}
.quiet{color:var(--muted);margin:0 0 .5rem}
.tools{display:flex;flex-wrap:wrap;gap:.4rem .6rem;align-items:center;margin-bottom:.4rem}
.tools label{flex:1 1 16rem;display:flex;gap:.5rem;align-items:center}
input{flex:1;min-width:8rem;font:inherit;color:inherit;background:var(--page);border:1px solid var(--muted);border-radius:.3rem;padding:.3rem .6rem}
input::placeholder{color:var(--muted);opacity:1}
output{color:var(--muted);font-variant-numeric:tabular-nums}
.tools button,dialog button{font:inherit;color:inherit;background:var(--panel);border:1px solid var(--muted);border-radius:.3rem;padding:.25rem .7rem;cursor:pointer}
button:disabled{cursor:default;opacity:1}dialog button:disabled{border-style:dashed;color:var(--muted)}
:focus-visible{outline:3px solid var(--accent);outline-offset:-2px}
.notes{color:var(--warn);margin:0}.notes:empty,.printed:empty{display:none}
#help{margin:0 0 .5rem;padding:.5rem .8rem;background:var(--panel);border:1px solid var(--line);overflow-wrap:anywhere}
code{font:.95em ui-monospace,monospace;color:var(--accent)}
.rows,.scroll{overflow:auto;border:1px solid var(--line)}
table{border-collapse:separate;border-spacing:0;width:100%;font-size:.92rem}
th,td{text-align:left;padding:.3rem .6rem;border-bottom:1px solid var(--line);vertical-align:top;background:var(--page)}
th{background:var(--panel);white-space:nowrap;font-weight:600}
.right{text-align:right;font-variant-numeric:tabular-nums}
.none{color:var(--muted)}
.bad{color:var(--warn);font-weight:600}.good{color:var(--good);font-weight:600}
.rows thead th{position:sticky;top:0;z-index:2}
.rows th button{all:unset;cursor:pointer;display:block;width:100%;overflow:hidden;text-overflow:ellipsis}
.rows th button:focus-visible{outline:3px solid var(--accent)}
.rows th button::after{content:" \2195";color:var(--muted)}
.rows th[aria-sort=ascending] button::after{content:" \2191";color:inherit}.rows th[aria-sort=descending] button::after{content:" \2193";color:inherit}
.rows.live{overflow-anchor:none;height:min(70vh,var(--all,70vh));min-height:14rem}
.live table{table-layout:fixed}
.live td{white-space:nowrap;overflow:hidden;text-overflow:ellipsis;height:2rem}
.live tbody tr{cursor:pointer}.live tbody tr:hover td{background:var(--panel)}
.live th:first-child,.live td:first-child{position:sticky;left:0;z-index:1;border-right:1px solid var(--line)}.live thead th:first-child{z-index:3}
.live tbody::before,.live tbody::after{content:"";display:block;height:var(--before,0)}.live tbody::after{height:var(--after,0)}
.charts{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(17rem,100%),1fr));gap:.8rem 1.6rem;margin-top:1rem}
.charts h2{margin:0 0 .3rem;font-size:.95rem}.charts ul{list-style:none;margin:0;padding:0}
.charts button{all:unset;box-sizing:border-box;cursor:pointer;width:100%;display:grid;grid-template-columns:9rem 1fr 4.2rem;gap:.5rem;align-items:center;padding:.1rem .3rem;border-radius:.2rem;min-height:24px}
.charts button:disabled{cursor:default}.charts button:focus-visible{outline:3px solid var(--accent)}
.charts button:not(:disabled):hover{background:var(--panel)}.charts button[aria-pressed=true]{background:var(--chosen);font-weight:600}
.charts .label{overflow:hidden;text-overflow:ellipsis;white-space:nowrap}.charts .number{text-align:right;font-variant-numeric:tabular-nums}
.bar i{display:block;height:.7rem;background:var(--bar);border-radius:1px}.rest i{background:var(--rest)}.rest .label{font-style:italic}
.empty{margin:1rem;color:var(--muted);position:sticky;left:1rem}
details{margin-top:1rem}summary{cursor:pointer;font-weight:600}
dialog{width:min(44rem,100%);max-height:90vh;color:inherit;background:var(--page);border:1px solid var(--muted);padding:1rem}
dialog::backdrop{background:#0006}dialog h2{margin:0 0 .5rem}
dl{display:grid;grid-template-columns:minmax(6rem,auto) 1fr;gap:.2rem 1rem;margin:0 0 1rem}dt{color:var(--muted)}dd{margin:0;overflow-wrap:anywhere}
.history{display:flex;gap:.8rem;align-items:end;margin:0 0 .5rem;color:var(--muted)}.history svg{height:2.2rem;width:auto;max-width:60%}.history rect{fill:var(--bar)}.history .part{fill:var(--warn)}
.rules{list-style:none;padding:0;margin:0 0 .6rem;max-height:38vh;overflow:auto;border:1px solid var(--line)}.rules>li{padding:.25rem .6rem;border-bottom:1px solid var(--line);overflow-wrap:anywhere}.rules ul{margin:0}
@media(min-width:70rem) and (min-height:34rem){
body.live{height:100vh;display:flex;flex-direction:column;overflow:hidden}
.live main{flex:1;min-height:0;display:grid;grid-template-columns:minmax(0,1fr) auto;grid-template-rows:auto minmax(0,1fr) auto;gap:0 1.2rem}
.live .above{grid-column:1/3}.live .rows.live{height:auto;min-height:0;grid-row:2}
.live .charts{grid-row:2;grid-column:2;width:22rem;margin:0;overflow:auto;align-content:start;padding-right:.3rem}
.live .below{grid-column:1/3;max-height:35vh;overflow:auto}}
@media(min-width:120rem){.live .charts{width:46rem}}
@media print{@page{size:landscape;margin:1cm}
:root{--page:#fff;--text:#000;--muted:#444;--line:#999;--panel:#fff;--bar:#555;--rest:#bbb;--warn:#000;--warnbg:#fff;--chosen:#fff}
body,body.live{display:block;height:auto;overflow:visible;padding:0;font-size:10px}.live main{display:block}
.tools,#help,noscript{display:none}.strip ul,.rules,.live .below{max-height:none;overflow:visible}
.rows,.scroll{overflow:visible;border:0}.rows th button::after{content:""!important}.rows th button{display:contents}
thead{display:table-header-group}.rows thead th{position:static}tr,.charts section{break-inside:avoid}th,td{padding:.15em .5em;position:static!important}
.rows table{min-width:0!important;table-layout:auto}table{font-size:1em}.rows td{white-space:normal;height:auto}.rows .whole{white-space:nowrap}.rows col{width:auto!important}
.charts{width:auto!important;grid-template-columns:repeat(3,1fr);overflow:visible}}
]==]
