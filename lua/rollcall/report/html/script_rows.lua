--- The page's script, first part: the rows, what is searched in them, and in which order they stand.
return [==[
"use strict";
const data = JSON.parse(document.getElementById("data").textContent);
const pad = number => String(number).padStart(2, "0");
const duration = seconds => seconds < 60 ? seconds + "s" : seconds < 3600 ? Math.floor(seconds / 60) + "m"
  : seconds < 86400 ? Math.floor(seconds / 3600) + "h" + pad(Math.floor(seconds % 3600 / 60)) + "m"
  : Math.floor(seconds / 86400) + "d" + pad(Math.floor(seconds % 86400 / 3600)) + "h";
const moment = seconds => Math.abs(seconds) < 8e12 ? new Date(seconds * 1000).toISOString().replace(".000Z", "Z") : String(seconds);

// A field: values[0] is what is not known, and numbers[row] says which of the values a row has.
class Field {
  constructor(given, earlier) {
    Object.assign(this, { name: given.name, title: given.title, unit: given.unit, right: given.right, chart: given.chart });
    const twin = "same" in given ? earlier[given.same] : null;
    this.twin = twin;
    this.values = twin ? twin.values : [null].concat(given.values);
    this.numbers = twin ? twin.numbers : given.numbers ? Uint32Array.from(given.numbers) : Uint32Array.from({ length: data.rows }, (_, row) => row + 1);
  }
  show(value) {
    if (value === null) return "–";
    if (typeof value === "number" && (this.unit === "seconds" || this.unit === "moment")) return (this.unit === "seconds" ? duration : moment)(value);
    return String(value);
  }
  text(row) { return this.show(this.values[this.numbers[row]]); }
  value(row) { return this.values[this.numbers[row]]; }
  get folded() {
    return this.foldedTexts ??= this.values.map(value => value === null ? "" : this.show(value).toLowerCase());
  }
  // For each value its place among the sorted: numbers as numbers, before text, and in text `fs2` before `fs10`.
  get ranks() {
    if (this.rankOf) return this.rankOf;
    const count = this.values.length, sorted = new Uint32Array(count - 1);
    for (let i = 1; i < count; i++) sorted[i - 1] = i;
    if (this.values.every(value => typeof value !== "string")) {
      const values = Float64Array.from(this.values);
      sorted.sort((a, b) => values[a] - values[b]);
    } else {
      const padded = digits => String.fromCharCode(48 + Math.min(digits.length, 70)) + digits;
      const keys = this.values.map(value => typeof value === "number" ? "" : String(value).toLowerCase().replace(/\d+/g, padded));
      const texts = this.values;
      sorted.sort((a, b) => keys[a] < keys[b] ? -1 : keys[a] > keys[b] ? 1 : typeof texts[a] === "number" ? texts[a] - texts[b] : a - b);
    }
    this.rankOf = new Uint32Array(count);
    sorted.forEach((value, rank) => { this.rankOf[value] = rank; });
    return this.rankOf;
  }
}

const fields = [];
for (const given of data.columns) fields.push(new Field(given, fields));
const shownFields = fields.filter(field => field.title);
const fieldNames = new Map();
for (const field of fields) if (!fieldNames.has(field.name.toLowerCase())) fieldNames.set(field.name.toLowerCase(), field.twin ?? field);
for (const field of shownFields) if (!fieldNames.has(field.title.toLowerCase())) fieldNames.set(field.title.toLowerCase(), field);

const sizes = { s: 1, m: 60, h: 3600, d: 86400, w: 604800 };
function quantity(text) {
  if (/^-?\d+(\.\d+)?$/.test(text)) return Number(text);
  if (!/^(\d+(\.\d+)?[smhdw])+\d*$/i.test(text)) return null;
  let sum = 0;
  for (const part of text.matchAll(/([\d.]+)([smhdw]?)/gi)) sum += Number(part[1]) * (sizes[part[2].toLowerCase()] ?? 60);
  return sum;
}

// A query's terms: `word`, `-word`, `"two words"`, and of one field `user:part`, `user="the whole"`, `idle>=1h`.
function parse(query) {
  const terms = [], notes = [];
  for (const match of query.matchAll(/(-?)(?:([a-z_]\w*)(>=|<=|>|<|=|:))?(?:"((?:[^"]|"")*)"?|(\S*))/gi)) {
    let [whole, minus, name, operator, quoted, bare] = match;
    if (!whole) continue;
    const field = name && fieldNames.get(name.toLowerCase());
    if (name && !field) {
      if (quoted !== undefined || bare) notes.push("There is no field '" + name + "': searched as text.");
      bare = minus ? whole.slice(1) : whole;
      quoted = operator = undefined;
    }
    const operand = quoted !== undefined ? quoted.replaceAll('""', '"') : bare;
    if (operand === "" && operator !== "=") {
      if (whole === "-") terms.push({ operand: "-", negated: false });
      continue;
    }
    const term = { field: field || null, operator: field ? operator : null, operand, negated: minus === "-" };
    if (field && operator !== ":" && operator !== "=") {
      term.number = quantity(operand);
      if (term.number === null) {
        notes.push("'" + operand + "' is not a number or a duration such as 1h30m: '" + whole + "' is left out.");
        continue;
      }
    }
    terms.push(term);
  }
  return { terms, notes };
}

const compare = { ">": (a, b) => a > b, ">=": (a, b) => a >= b, "<": (a, b) => a < b, "<=": (a, b) => a <= b };

// Which of a field's values its terms let through: one of those with `=`, and every other term.
function passing(field, terms) {
  const count = field.values.length, pass = new Uint8Array(count).fill(1);
  const wanted = terms.filter(term => term.operator === "=" && !term.negated);
  if (wanted.length) {
    const texts = new Set(wanted.map(term => term.operand));
    for (let i = 0; i < count; i++) pass[i] = texts.has(i ? field.show(field.values[i]) : "") || i && texts.has(String(field.values[i])) ? 1 : 0;
  }
  for (const { operator, operand, negated, number } of terms) {
    if (operator === "=" && !negated) continue;
    const part = operand.toLowerCase(), hit = compare[operator];
    for (let i = 0; i < count; i++) {
      const value = field.values[i];
      const holds = hit ? typeof value === "number" && hit(value, number) : operator === "=" ? (i ? field.show(value) : "") === operand
        : field.folded[i].includes(part);
      if (holds === negated) pass[i] = 0;
    }
  }
  return pass;
}

// For each row the number of conditions that it fails, and the field of the last of them (0 for a word's): so each chart can
// count what would be there without the conditions on its own field.
const failed = new Uint8Array(data.rows), failedField = new Uint16Array(data.rows);
const numberOf = field => fields.indexOf(field) + 1;
function filterRows(terms) {
  const count = data.rows;
  failed.fill(0);
  for (const field of new Set(terms.map(term => term.field).filter(Boolean))) {
    const pass = passing(field, terms.filter(term => term.field === field)), numbers = field.numbers, its = numberOf(field);
    for (let row = 0; row < count; row++) {
      if (pass[numbers[row]] === 1) continue;
      if (failed[row] < 255) failed[row]++;
      failedField[row] = its;
    }
  }
  for (const { operand, negated } of terms.filter(term => !term.field)) {
    const part = operand.toLowerCase(), found = new Uint8Array(count), wanted = negated ? 0 : 1;
    for (const field of shownFields) {
      const { folded, numbers } = field, hits = new Uint8Array(folded.length);
      let some = false;
      for (let i = 1; i < folded.length; i++) if (folded[i].includes(part)) some = hits[i] = 1;
      if (some) for (let row = 0; row < count; row++) found[row] |= hits[numbers[row]];
    }
    for (let row = 0; row < count; row++) {
      if (found[row] === wanted) continue;
      if (failed[row] < 255) failed[row]++;
      failedField[row] = 0;
    }
  }
}

// Rows in the order of a field, what is not known last whichever way; rows that are equal stay as the report has them.
function sortRows(field, descending) {
  const order = new Uint32Array(data.rows);
  if (!field) return order.map((_, i) => i);
  const ranks = field.ranks, numbers = field.numbers, most = field.values.length - 1;
  const starts = new Uint32Array(most + 2);
  const place = number => number === 0 ? most : descending ? most - 1 - ranks[number] : ranks[number];
  for (let row = 0; row < data.rows; row++) starts[place(numbers[row]) + 1]++;
  for (let i = 1; i < starts.length; i++) starts[i] += starts[i - 1];
  for (let row = 0; row < data.rows; row++) order[starts[place(numbers[row])]++] = row;
  return order;
}

const state = { query: "", terms: [], sort: null, descending: false, order: sortRows(null), shown: new Uint32Array(0), notes: [] };
function applyState() {
  const shown = new Uint32Array(data.rows);
  const order = state.order;
  let count = 0;
  for (let i = 0; i < order.length; i++) if (failed[order[i]] === 0) shown[count++] = order[i];
  state.shown = shown.subarray(0, count);
}
]==]
