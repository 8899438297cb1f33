--- The page's script, last part: how old the page is; and where it is one that is written again and again, how it renews itself.
-- It loads itself anew, which works from a file as from a server, and comes back as it was: filter and order are in the address,
-- the place in the entry of the browser's history.
return [==[
const time = document.querySelector(".age"), stale = document.querySelector(".stale"), pause = document.querySelector(".pause");
const ageOf = () => Math.max(0, Math.floor((Date.now() - Date.parse(data.generated_at)) / 1000));
function showAge() {
  const seconds = ageOf(), text = " · " + duration(seconds < 60 ? Math.floor(seconds / 5) * 5 : seconds) + " ago";
  if (time.textContent !== text) time.textContent = text;
  if (!stale) return;
  const old = seconds > 2 * data.interval + 15;
  document.body.classList.toggle("old", old);
  if (stale.hidden === old) stale.hidden = !old;
  const words = "Stale: the newest poll is " + duration(seconds) + " old, and one was due every " + duration(data.interval)
    + ". The watch has ended, or its page does not get here.";
  if (old && stale.textContent !== words) stale.textContent = words;
}

// What tells a row from the others, whatever time has done to it.
const lasting = fields.filter(field => !field.twin && !field.right && field.unit !== "seconds" && field.unit !== "moment" || field.name === "id");
const keyOf = row => lasting.map(field => field.text(row)).join("\0");
function placeNow() {
  const top = Math.floor(scroller.scrollTop / rowHeight), focused = document.activeElement;
  return {
    top, within: scroller.scrollTop - top * rowHeight, left: scroller.scrollLeft, page: scrollY,
    key: state.shown.length ? keyOf(state.shown[Math.min(top, state.shown.length - 1)]) : "",
    active: { ...active, key: state.shown.length ? keyOf(state.shown[active.position]) : "" },
    focus: focused === input ? "filter" : scroller.contains(focused) ? "rows" : "", caret: input.selectionStart, paused: pause.ariaPressed === "true",
    more: charts.filter(chart => chart.most > MOST_BARS).map(chart => chart.field.name),
  };
}
function find(key, position) {
  if (position < state.shown.length && keyOf(state.shown[position]) === key) return position;
  const found = state.shown.findIndex(row => keyOf(row) === key);
  return found >= 0 ? found : Math.min(position, Math.max(0, state.shown.length - 1));
}
function goBack(place) {
  for (const chart of charts) if (place.more.includes(chart.field.name)) chart.most = MANY_BARS;
  active.column = place.active.column;
  active.position = find(place.active.key, place.active.position);
  scroller.scrollTop = (place.top === 0 ? 0 : find(place.key, place.top)) * rowHeight + place.within;
  scroller.scrollLeft = place.left;
  scrollTo(0, place.page);
  render();
  if (place.paused) setPaused(true);
  if (place.focus === "filter") {
    input.focus();
    input.setSelectionRange(place.caret, place.caret);
  } else if (place.focus === "rows") {
    (elements.get(active.position)?.cells[active.column] ?? scroller).focus({ preventScroll: true });
  }
}

let touched = 0, asked = Date.now();
function setPaused(paused) {
  pause.ariaPressed = String(paused);
  pause.textContent = paused ? "Renewing is paused" : "Pause renewing";
}
// Not while somebody is at it, and not before something new can be there.
const mayRenew = () => pause.ariaPressed !== "true" && !document.hidden && !details.open && !String(getSelection())
  && Date.now() - touched > 2000 && ageOf() >= data.interval && Date.now() - asked > Math.min(data.interval, 10) * 1000;
async function renew() {
  asked = Date.now();
  // A server is asked first: where it does not answer, the page stays, and says how old it is.
  if (location.protocol !== "file:") {
    try {
      if (!(await fetch(location.href, { method: "HEAD", cache: "no-store" })).ok) return;
    } catch {
      return;
    }
  }
  save();
  history.replaceState({ place: placeNow() }, "");
  location.reload();
}

startGrid();
startCharts();
tools.hidden = false;
document.body.classList.add("live");
readAddress();
update();
charts.forEach(chart => chart.draw());
if (stale) {
  pause.hidden = false;
  pause.addEventListener("click", () => setPaused(pause.ariaPressed !== "true"));
  setPaused(false);
  for (const kind of ["keydown", "pointerdown", "wheel", "scroll"]) {
    document.addEventListener(kind, () => { touched = Date.now(); }, { capture: true, passive: true });
  }
  if (history.state?.place) goBack(history.state.place);
  setInterval(() => { if (mayRenew()) renew(); }, 1000);
}
showAge();
setInterval(showAge, stale ? 1000 : 5000);
// What sorting and searching need is made ready while nobody waits for it, and both are run once, so that they are compiled.
const ready = shownFields.flatMap(field => [() => field.ranks, () => field.folded]);
ready.push(() => shownFields[0] && sortRows(shownFields[0], false), () => {
  filterRows(parse("a -b").terms);
  filterRows(state.terms);
});
(function prepare() { if (ready.length) setTimeout(() => { ready.shift()(); prepare(); }); })();
]==]
