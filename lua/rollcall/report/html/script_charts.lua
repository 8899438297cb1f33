--- The page's script, third part: for each column how many rows have which value. A bar is a filter, so one can see what is
-- there and choose it in the same place. All bars of a chart have one scale, the rest's too.
return [==[
const charts = [];
const MOST_BARS = 8, MANY_BARS = 100, UNKNOWN = 255;
const spans = [0, 60, 600, 3600, 4 * 3600, 12 * 3600, 86400, 7 * 86400, Infinity];
const spanText = i => i === 0 ? "under 1m" : spans[i + 1] === Infinity ? "7d and more" : briefly(spans[i]) + " to " + briefly(spans[i + 1]);
const briefly = seconds => seconds < 3600 ? seconds / 60 + "m" : seconds < 86400 ? seconds / 3600 + "h" : seconds / 86400 + "d";
const quoted = text => /^[^\s"]+$/.test(text) ? text : '"' + text.replaceAll('"', '""') + '"';
const written = ({ field, operator, operand, negated }) => (negated ? "-" : "") + (field ? field.name + operator : "")
  + (field || !/^-|^\w+[:=<>]/.test(operand) ? operand === "" ? "" : quoted(operand) : '"' + operand.replaceAll('"', '""') + '"');

class Chart {
  constructor(field, element, list) {
    Object.assign(this, { field, element, list, most: MOST_BARS });
    if (field.unit !== "seconds") return;
    this.span = Uint8Array.from(field.values, value => typeof value === "number" ? Math.max(0, spans.findIndex(end => value < end) - 1) : UNKNOWN);
    this.spans = Math.max(0, ...this.span.filter(span => span !== UNKNOWN)) + 1;
  }
  // The rows that all conditions but those on this field let through, by value or by span.
  count() {
    const { field, span } = this, its = numberOf(field), counts = new Uint32Array(span ? 256 : field.values.length), numbers = field.numbers;
    for (let row = 0; row < data.rows; row++) {
      if (failed[row] === 0 || failed[row] === 1 && failedField[row] === its) counts[span ? span[numbers[row]] : numbers[row]]++;
    }
    return counts;
  }
  bars() {
    const counts = this.count(), terms = state.terms.filter(term => term.field === this.field), { field } = this, bars = [];
    if (this.span) {
      for (let i = 0; i < this.spans; i++) {
        const its = [[">=", spans[i]], ["<", spans[i + 1]]].filter(([, end]) => end > 0 && end < Infinity)
          .map(([operator, end]) => ({ field, operator, operand: briefly(end), negated: false }));
        const isSpan = now => now.length === its.length && its.every(one => now.some(term => written(term) === written(one)));
        bars.push({ text: spanText(i), count: counts[i], chosen: isSpan(terms), toggle: now => isSpan(now) ? [] : its });
      }
      if (counts[UNKNOWN]) bars.push({ text: "not known", count: counts[UNKNOWN], rest: true });
      return bars;
    }
    const equal = terms.filter(term => term.operator === "=" && !term.negated);
    const operandOf = value => value ? field.show(field.values[value]) : "", isChosen = value => equal.some(term => term.operand === operandOf(value));
    const greatest = [];
    let rest = 0, values = 0;
    for (let value = 0; value < counts.length; value++) {
      const count = counts[value];
      if (count) {
        rest += count;
        values++;
      } else if (!equal.length || !isChosen(value)) {
        continue;
      }
      if (greatest.length === this.most && count <= counts[greatest[this.most - 1]] && !(equal.length && isChosen(value))) continue;
      let place = greatest.length;
      while (place > 0 && counts[greatest[place - 1]] < count) place--;
      greatest.splice(place, 0, value);
      if (greatest.length > this.most && !isChosen(greatest[this.most])) greatest.pop();
    }
    for (const value of greatest) {
      const operand = operandOf(value), isIts = term => term.operator === "=" && !term.negated && term.operand === operand;
      bars.push({ text: value ? operand : "not known", count: counts[value], chosen: isChosen(value), rest: !value, toggle: now =>
        now.some(isIts) ? now.filter(term => !isIts(term)) : now.concat({ field, operator: "=", operand, negated: false }) });
      rest -= counts[value];
      if (counts[value]) values--;
    }
    if (values) bars.push({ text: values + (values === 1 ? " other" : " others"), count: rest, rest: true, more: true });
    return bars;
  }
  draw() {
    const bars = this.bars(), most = Math.max(1, ...bars.map(bar => bar.count));
    while (this.list.children.length > bars.length) this.list.lastChild.remove();
    while (this.list.children.length < bars.length) {
      const item = document.createElement("li"), button = document.createElement("button");
      button.type = "button";
      for (const name of ["label", "bar", "number"]) button.append(Object.assign(document.createElement("span"), { className: name }));
      button.children[1].append(document.createElement("i"));
      item.append(button);
      this.list.append(item);
      button.addEventListener("click", () => this.choose(button.bar));
    }
    bars.forEach((bar, i) => {
      const button = this.list.children[i].firstChild, [label, line, number] = button.children;
      button.bar = bar;
      label.textContent = label.title = bar.text;
      number.textContent = bar.count.toLocaleString("en");
      line.firstChild.style.width = bar.count ? "max(1px, " + 100 * bar.count / most + "%)" : "0";
      button.className = bar.rest ? "rest" : "";
      button.disabled = !bar.toggle && !(bar.more && this.most < MANY_BARS);
      if (bar.toggle) button.setAttribute("aria-pressed", bar.chosen); else button.removeAttribute("aria-pressed");
    });
  }
  choose(bar) {
    if (bar.more) {
      this.most = MANY_BARS;
      this.draw();
    } else {
      // By the conditions of now: what was drawn may be those of a moment ago.
      const [its, others] = [true, false].map(own => state.terms.filter(term => (term.field === this.field) === own));
      changeQuery(others.concat(bar.toggle(its)).map(written).join(" "));
    }
  }
}

// A chart says something if there are at least two bars, and not each row has one of its own.
function saysSomething(field) {
  if (field.chart === false || field.values.length === 1 || field.right && field.unit !== "seconds") return false;
  if (field.unit === "seconds") return true;
  const unknown = field.numbers.includes(0), most = field.values.length - 1;
  return unknown ? most <= MOST_BARS || most < data.rows / 2 : most > 1 && most < data.rows;
}

function startCharts() {
  const place = document.querySelector(".charts");
  // Those with few bars first: they say most.
  const bars = field => field.unit ? spans.length : field.values.length;
  for (const field of shownFields.filter(saysSomething).sort((a, b) => bars(a) - bars(b))) {
    const element = document.createElement("section"), title = document.createElement("h2"), list = document.createElement("ul");
    title.textContent = field.title;
    title.id = "chart-" + charts.length;
    list.setAttribute("aria-labelledby", title.id);
    element.append(title, list);
    place.append(element);
    charts.push(new Chart(field, element, list));
  }
  place.hidden = charts.length === 0;
}
]==]
