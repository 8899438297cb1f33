--- The page's script, second part: the table. It has elements for the rows that can be seen and a few more,
-- however many there are; roles and numbers say to a screen reader what is not in the document.
return [==[
const scroller = document.querySelector(".rows"), table = scroller.querySelector("table"), body = table.tBodies[0];
const empty = scroller.querySelector(".empty"), heads = Array.from(table.tHead.rows[0].cells);
const MORE = 8, MOST_PRINTED = 1000;
const active = { position: 0, column: 0 };
let elements = new Map(), rowHeight = 32, printing = false;

function cellOf(field, row) {
  const cell = document.createElement("td"), value = field.value(row), text = field.show(value);
  cell.setAttribute("role", "gridcell");
  cell.tabIndex = -1;
  if (field.right) cell.className = "right";
  if (value === null) {
    cell.classList.add("none");
    cell.setAttribute("aria-label", field.chart === false ? "none" : "not known");
  }
  if (!printing || text.length < 25) {
    cell.textContent = text;
    cell.classList.toggle("whole", printing);
    if (text.length > 12) cell.title = text;
    return cell;
  }
  // On paper a long path breaks behind its separators, and no word in its middle.
  for (const part of text.split(/(?<=[\\/,;])/)) cell.append(part, document.createElement("wbr"));
  return cell;
}

function elementOf(position) {
  const row = state.shown[position], element = document.createElement("tr");
  element.setAttribute("role", "row");
  element.setAttribute("aria-rowindex", position + 2);
  element.dataset.position = position;
  shownFields.forEach((field, column) => {
    const cell = cellOf(field, row);
    cell.setAttribute("aria-colindex", column + 1);
    element.append(cell);
  });
  return element;
}

function tabbable() {
  for (const cell of body.querySelectorAll("td[tabindex='0']")) cell.tabIndex = -1;
  const element = elements.get(active.position);
  if (element) element.cells[active.column].tabIndex = 0;
  scroller.tabIndex = element ? -1 : 0;
}

function render() {
  const count = state.shown.length;
  let from = Math.max(0, Math.floor(scroller.scrollTop / rowHeight) - MORE);
  let to = Math.min(count, Math.ceil((scroller.scrollTop + scroller.clientHeight) / rowHeight) + MORE);
  if (printing) [from, to] = [0, Math.min(count, MOST_PRINTED)];
  let lost = false;
  for (const [position, element] of elements) {
    if (position >= from && position < to) continue;
    lost ||= element.contains(document.activeElement);
    element.remove();
    elements.delete(position);
  }
  let next = body.firstChild;
  for (let position = from; position < to; position++) {
    let element = elements.get(position);
    if (element) {
      next = element.nextSibling;
    } else {
      element = elementOf(position);
      elements.set(position, element);
      body.insertBefore(element, next);
    }
  }
  body.style.setProperty("--before", printing ? "0px" : from * rowHeight + "px");
  body.style.setProperty("--after", printing ? "0px" : (count - to) * rowHeight + "px");
  tabbable();
  // Not before: it lays the page out, and half a table would lose its place.
  if (lost) scroller.focus({ preventScroll: true });
}

// Rows that are others now, or stand elsewhere.
function renderAnew() {
  const focused = body.contains(document.activeElement);
  elements = new Map();
  body.replaceChildren();
  table.setAttribute("aria-rowcount", state.shown.length + 1);
  active.position = Math.max(0, Math.min(active.position, state.shown.length - 1));
  const most = Math.max(0, state.shown.length * rowHeight - (scroller.clientHeight - table.tHead.offsetHeight));
  if (scroller.scrollTop > most) scroller.scrollTop = most;
  render();
  if (focused) (elements.get(active.position)?.cells[active.column] ?? scroller).focus({ preventScroll: true });
  empty.hidden = state.shown.length > 0;
  empty.textContent = data.rows ? "No row passes the filter." : "No rows.";
  heads.forEach((head, column) => {
    if (state.sort !== shownFields[column]) return head.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", state.descending ? "descending" : "ascending");
  });
}

function goTo(position, column) {
  if (!state.shown.length) return;
  active.position = Math.max(0, Math.min(position, state.shown.length - 1));
  active.column = Math.max(0, Math.min(column, shownFields.length - 1));
  const top = active.position * rowHeight, room = scroller.clientHeight - table.tHead.offsetHeight;
  if (scroller.scrollTop > top) scroller.scrollTop = top;
  if (scroller.scrollTop < top + rowHeight - room) scroller.scrollTop = top + rowHeight - room;
  render();
  const cell = elements.get(active.position).cells[active.column];
  cell.focus({ preventScroll: true });
  const left = active.column && heads[0].offsetWidth < scroller.clientWidth / 2 ? heads[0].offsetWidth : 0;
  if (cell.offsetLeft - left < scroller.scrollLeft) scroller.scrollLeft = cell.offsetLeft - left;
  const right = cell.offsetLeft + cell.offsetWidth - scroller.clientWidth;
  if (right > scroller.scrollLeft) scroller.scrollLeft = right;
}

const page = () => Math.max(1, Math.floor((scroller.clientHeight - table.tHead.offsetHeight) / rowHeight) - 1);
const moves = {
  ArrowUp: ({ position, column }) => [position - 1, column], ArrowDown: ({ position, column }) => [position + 1, column],
  ArrowLeft: ({ position, column }) => [position, column - 1], ArrowRight: ({ position, column }) => [position, column + 1],
  PageUp: ({ position, column }) => [position - page(), column], PageDown: ({ position, column }) => [position + page(), column],
  Home: ({ position }, whole) => [whole ? 0 : position, 0],
  End: ({ position }, whole) => [whole ? state.shown.length - 1 : position, shownFields.length - 1],
};
scroller.addEventListener("keydown", event => {
  if (event.altKey || event.metaKey || event.target.closest("thead")) return;
  if (event.key === "Enter" || event.key === " ") openDetails(active.position);
  else if (moves[event.key]) goTo(...moves[event.key](active, event.ctrlKey));
  else return;
  event.preventDefault();
});
body.addEventListener("click", event => {
  const cell = event.target.closest("td");
  if (!cell || String(getSelection())) return;
  goTo(Number(cell.parentElement.dataset.position), cell.cellIndex);
  openDetails(active.position);
});
let awaited = false;
scroller.addEventListener("scroll", () => {
  if (!awaited) requestAnimationFrame(() => { awaited = false; render(); });
  awaited = true;
}, { passive: true });
new ResizeObserver(() => render()).observe(scroller);

// Columns are as wide as most of their texts, looked at in a thousand rows.
function startGrid() {
  table.setAttribute("role", "grid");
  table.setAttribute("aria-colcount", shownFields.length);
  table.tHead.rows[0].setAttribute("aria-rowindex", 1);
  const group = document.createElement("colgroup"), step = Math.max(1, Math.floor(data.rows / 1000));
  let sum = 0;
  shownFields.forEach((field, column) => {
    const lengths = [];
    for (let row = 0; row < data.rows; row += step) lengths.push(field.text(row).length);
    lengths.sort((a, b) => a - b);
    const width = Math.min(46, Math.max(field.title.length + 6, (lengths[Math.floor(lengths.length * 0.95)] ?? 0) + 3));
    const element = document.createElement("col");
    element.style.width = width + "ch";
    group.append(element);
    sum += width;
    const head = heads[column];
    head.setAttribute("role", "columnheader");
    head.setAttribute("aria-colindex", column + 1);
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = head.textContent;
    head.replaceChildren(button);
    button.addEventListener("click", () => changeSort(field, state.sort === field && !state.descending));
  });
  table.prepend(group);
  table.style.minWidth = sum + "ch";
  scroller.classList.add("live");
  body.replaceChildren();
  if (data.rows) {
    const sample = elementOf.call(null, 0);
    body.append(sample);
    rowHeight = sample.getBoundingClientRect().height || rowHeight;
    sample.remove();
    scroller.style.setProperty("--all", (data.rows + 1) * rowHeight + table.tHead.offsetHeight + "px");
  }
}

function printRows(begin) {
  printing = begin;
  scroller.classList.toggle("live", !begin);
  const word = document.querySelector(".printed");
  word.textContent = begin && state.shown.length > MOST_PRINTED
    ? "The first " + MOST_PRINTED + " of " + state.shown.length + " rows; the page's CSV and JSON have all." : "";
  renderAnew();
}
addEventListener("beforeprint", () => printRows(true));
addEventListener("afterprint", () => printRows(false));
]==]
