"use strict";
// Labels are corrected in the page and saved as a file: nothing is sent, nothing is stored.
const galley = document.getElementById("galley");
const blocks = Array.from(galley.querySelectorAll(".block"));
const palette = Array.from(document.querySelectorAll("#labels button[data-label]"));
const choices = new Map(palette.map((button) => [button.dataset.label, button]));
const keys = new Map(palette.map((button) => [button.dataset.key, button.dataset.label]));
const first = blocks.map((block) => block.dataset.label);
const undoButton = document.getElementById("undo");
const done = []; // what undo takes back: [row, label before]
let current = -1;
let last = null;
let saved = 0;

const name = (label) => choices.get(label).lastChild.textContent.trim();

function show(row, label) {
  const block = blocks[row];
  block.classList.remove("kept", "lifted", "boilerplate");
  block.classList.add(choices.get(label).dataset.group);
  block.classList.toggle("changed", label !== first[row]);
  block.dataset.label = label;
  block.firstElementChild.textContent = name(label);
  mark();
}

function mark() {
  const label = current < 0 ? null : blocks[current].dataset.label;
  for (const button of palette) button.classList.toggle("on", button.dataset.label === label);
}

function say() {
  const count = blocks.filter((block, row) => block.dataset.label !== first[row]).length;
  const text = count === 0 ? "As Stet labelled it" : count === 1 ? "1 correction" : count + " corrections";
  document.getElementById("status").textContent = text;
  undoButton.disabled = done.length === 0;
}

function choose(label) {
  if (current < 0) return;
  last = label;
  if (blocks[current].dataset.label === label) return;
  done.push([current, blocks[current].dataset.label]);
  show(current, label);
  say();
}

function undo() {
  if (done.length === 0) return;
  const [row, label] = done.pop();
  show(row, label);
  go(row);
  say();
}

function go(row) {
  if (row < 0 || row >= blocks.length) return;
  const button = blocks[row].firstElementChild;
  button.focus({ preventScroll: true });
  blocks[row].scrollIntoView({ block: "nearest" });
}

function doubtful() {
  for (let row = current + 1; row < blocks.length; row += 1) {
    if (blocks[row].classList.contains("doubtful")) return go(row);
  }
}

function start() {
  return Math.max(0, blocks.findIndex((block) => block.classList.contains("kept")));
}

function save() {
  const record = {
    stet: "labels 1",
    id: galley.dataset.id,
    source_sha256: galley.dataset.sha256,
    name: galley.dataset.name,
    source: galley.dataset.source || null,
    url: galley.dataset.url || null,
    blocks: blocks.map((block) => ({ label: block.dataset.label, text: block.querySelector(".text").textContent })),
  };
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([JSON.stringify(record, null, 1) + "\n"], { type: "application/json" }));
  link.download = record.id + ".labels.json";
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60000);
  saved = done.length;
  document.getElementById("status").textContent = "Saved: " + link.download + ", for stet label";
}

const commands = {
  j: () => go(current < 0 ? start() : current + 1),
  k: () => go(current < 0 ? start() : current - 1),
  d: doubtful,
  u: undo,
  x: save,
  ".": () => last && choose(last),
};

document.addEventListener("keydown", (event) => {
  if (event.altKey || event.metaKey || event.ctrlKey) {
    if ((event.ctrlKey || event.metaKey) && event.key === "z") { event.preventDefault(); undo(); }
    return;
  }
  document.body.classList.toggle("quiet", event.key === "Escape");
  const onBlock = galley.contains(document.activeElement);
  const arrow = onBlock ? { ArrowDown: "j", ArrowUp: "k" }[event.key] : undefined;
  const command = commands[arrow || event.key];
  const label = onBlock ? keys.get(event.key) : undefined;
  if (command) command();
  else if (label) choose(label);
  else return;
  event.preventDefault();
});

galley.addEventListener("focusin", (event) => {
  const block = event.target.closest(".block");
  if (block) { current = blocks.indexOf(block); mark(); }
});
galley.addEventListener("click", (event) => {
  const block = event.target.closest(".block");
  if (block && getSelection().isCollapsed) block.firstElementChild.focus({ preventScroll: true });
});
for (const button of palette) button.addEventListener("click", () => { choose(button.dataset.label); if (current >= 0) go(current); });
undoButton.addEventListener("click", undo);
document.getElementById("save").addEventListener("click", save);
window.addEventListener("beforeunload", (event) => { if (done.length !== saved) event.preventDefault(); });
