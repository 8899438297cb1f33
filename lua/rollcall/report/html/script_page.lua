--- The page's script, fourth part: the filter, the address, a row's fields, and what leaves the page.
return [==[
const tools = document.querySelector(".tools"), input = tools.querySelector("input"), output = tools.querySelector("output");
const notes = document.querySelector(".notes"), details = document.querySelector("dialog");

function say(text) { output.value = text; }
function showCount() {
  const some = state.shown.length, all = data.rows.toLocaleString("en");
  say((some === data.rows ? "" : some.toLocaleString("en") + " of ") + all + (data.rows === 1 ? " row" : " rows"));
  notes.textContent = state.notes.join(" ");
}

let saving = 0, drawing = 0;
function save() {
  const wanted = new URLSearchParams();
  if (state.query.trim()) wanted.set("filter", state.query.trim());
  if (state.sort) wanted.set("sort", (state.descending ? "-" : "") + state.sort.name);
  const fragment = String(wanted) && "#" + wanted;
  if (fragment !== location.hash) history.replaceState(history.state, "", fragment || location.pathname + location.search);
}
function update() {
  applyState();
  renderAnew();
  showCount();
  clearTimeout(saving);
  saving = setTimeout(save, 250);
  // The table first; the charts follow when the keys rest.
  clearTimeout(drawing);
  drawing = setTimeout(() => charts.forEach(chart => chart.draw()), 80);
}
function setQuery(query) {
  state.query = query;
  Object.assign(state, parse(query));
  filterRows(state.terms);
}
function changeQuery(query) {
  input.value = query;
  setQuery(query);
  scroller.scrollTop = active.position = 0;
  update();
}
function setSort(field, descending) {
  Object.assign(state, { sort: field, descending, order: sortRows(field, descending) });
}
function changeSort(field, descending) {
  setSort(field, descending);
  scroller.scrollTop = active.position = 0;
  update();
}
function readAddress() {
  const wanted = new URLSearchParams(location.hash.slice(1)), sort = wanted.get("sort") ?? "";
  setSort(shownFields.find(field => field.name === sort.replace(/^-/, "")) ?? null, sort.startsWith("-"));
  input.value = wanted.get("filter") ?? "";
  setQuery(input.value);
}

// All fields of a row that are known; those that are another's double stand beside it.
let opened = 0;
function openDetails(position) {
  if (position < 0 || position >= state.shown.length) return;
  opened = position;
  const row = state.shown[position], list = details.querySelector("dl");
  list.replaceChildren();
  for (const field of fields) {
    if (field.twin || field.value(row) === null) continue;
    const names = [field.name].concat(fields.filter(other => other.twin === field).map(other => other.name));
    const term = document.createElement("dt"), value = document.createElement("dd");
    term.textContent = names.join(", ");
    value.textContent = field.text(row) + (field.unit ? " (" + field.value(row) + ")" : "");
    list.append(term, value);
  }
  details.querySelector("h2").textContent = "Row " + (position + 1) + " of " + state.shown.length;
  const [before, after, close] = details.querySelectorAll("button");
  before.disabled = position === 0;
  after.disabled = position === state.shown.length - 1;
  if (details.open) return;
  details.showModal();
  close.focus();
}
function step(by) {
  openDetails(opened + by);
  active.position = opened;
}
details.querySelectorAll("button").forEach((button, i) => button.addEventListener("click", () => i === 2 ? details.close() : step(i === 0 ? -1 : 1)));
details.addEventListener("keydown", event => {
  if (event.key !== "ArrowUp" && event.key !== "ArrowDown") return;
  event.preventDefault();
  step(event.key === "ArrowUp" ? -1 : 1);
});
details.addEventListener("click", event => { if (event.target === details) details.close(); });
details.addEventListener("close", () => goTo(active.position, active.column));

// What a spreadsheet would run as a formula gets an apostrophe in front.
const plainCell = value => value === null ? "" : typeof value === "string" && /^[=+\-@\uff1d\uff0b\uff0d\uff20]/.test(value) ? "'" + value : String(value);
const csvCell = value => { const text = plainCell(value); return /[",\n\r]/.test(text) ? '"' + text.replaceAll('"', '""') + '"' : text; };
const rowsOf = write => Array.from(state.shown, row => write(shownFields.map(field => field.value(row))));
const exports = {
  csv: ["text/csv", () => [shownFields.map(field => csvCell(field.name)).join(","), ...rowsOf(values => values.map(csvCell).join(","))].join("\r\n") + "\r\n"],
  json: ["application/json", () => "[" + rowsOf(values => JSON.stringify(Object.fromEntries(
    shownFields.map((field, i) => [field.name, values[i]]).filter(([, value]) => value !== null)))).join(",\n") + "]\n"],
};
function download(kind) {
  const [type, text] = exports[kind], link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text()], { type }));
  link.download = "rollcall-" + data.generated_at.replace(/[:Z]/g, "") + "." + kind;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60000);
}
function copy() {
  const text = [shownFields.map(field => field.title).join("\t"), ...rowsOf(values => values.map(plainCell).join("\t"))].join("\n") + "\n";
  let copied = false;
  document.addEventListener("copy", event => {
    event.clipboardData.setData("text/plain", text);
    event.preventDefault();
    copied = true;
  }, { once: true });
  document.execCommand("copy");
  say(copied ? "Copied " + state.shown.length.toLocaleString("en") + " rows." : "The browser does not let the page copy.");
}
for (const button of tools.querySelectorAll("button[data-do]")) {
  button.addEventListener("click", () => button.dataset.do === "copy" ? copy() : download(button.dataset.do));
}
const hint = tools.querySelector("button[aria-controls]"), help = document.getElementById("help");
hint.addEventListener("click", () => {
  help.hidden = !help.hidden;
  hint.setAttribute("aria-expanded", !help.hidden);
});
help.querySelector("span").textContent = [...new Set(fields.map(field => field.name))].join(", ");

input.addEventListener("input", () => changeQuery(input.value));
document.addEventListener("keydown", event => {
  if (event.key === "/" && !details.open && document.activeElement !== input) {
    event.preventDefault();
    input.focus();
  } else if (event.key === "Escape" && document.activeElement === input && input.value) {
    event.preventDefault();
    changeQuery("");
  } else if (event.key === "ArrowDown" && document.activeElement === input) {
    event.preventDefault();
    goTo(active.position, active.column);
  }
});
addEventListener("hashchange", () => { readAddress(); update(); });
]==]
