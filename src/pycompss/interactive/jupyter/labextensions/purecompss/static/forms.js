// Forms of dialogs: `node` is the form, `value()` what it says.

const DIRECTIONS = ["IN", "INOUT", "OUT", "CONCURRENT", "COMMUTATIVE", "FILE_IN", "FILE_INOUT", "FILE_OUT",
  "COLLECTION_IN", "COLLECTION_INOUT", "COLLECTION_OUT", "DICTIONARY_IN", "DICTIONARY_INOUT", "STREAM_IN", "STREAM_OUT"];

// rows: [label, name, input]
function form(rows, note = "") {
  const node = document.createElement("form");
  node.style.cssText = "display: grid; grid-template-columns: max-content minmax(260px, 1fr); gap: 8px 14px; align-items: center; padding: 4px";
  const inputs = {};
  for (const [text, name, input] of rows) {
    const label = Object.assign(document.createElement("label"), { textContent: text, htmlFor: `purecompss-${name}` });
    input.id = `purecompss-${name}`;
    input.classList.add(...(input.type === "checkbox" ? [] : ["jp-mod-styled"]));
    input.style.justifySelf = input.type === "checkbox" ? "start" : "";
    node.append(label, input);
    inputs[name] = input;
  }
  if (note) node.append(Object.assign(document.createElement("div"), { textContent: note, style: "grid-column: 1 / -1; opacity: .75" }));
  node.addEventListener("submit", (event) => event.preventDefault());
  return { node, inputs };
}

const field = (type, settings) => Object.assign(document.createElement("input"), { type, ...settings });

function select(options) {
  const node = document.createElement("select");
  for (const option of options) node.append(new Option(option));
  return node;
}

export function startForm() {
  const { node, inputs } = form([
    ["Graph of tasks", "graph", field("checkbox", { checked: true })],
    ["Refresh of the monitor, ms (0: none)", "monitor", field("number", { value: 1000, min: 0, step: 100 })],
    ["Trace", "trace", field("checkbox")],
    ["Summary", "summary", field("checkbox")],
    ["Log", "log_level", select(["off", "info", "debug"])],
    ["Name of the application", "app_name", field("text", { placeholder: "InteractiveMode" })],
    ["project.xml", "project_xml", field("text", { placeholder: "this machine" })],
    ["resources.xml", "resources_xml", field("text")],
    ["Scheduler", "scheduler", field("text", { placeholder: "the usual one" })],
    ["Further arguments", "more", field("text", { placeholder: "worker_cache=True, log_dir=\"/tmp\"" })],
  ], "A cell with the call of ipycompss.start comes below the active one.");
  const value = () => {
    const words = ["graph", "trace", "summary"].filter((name) => inputs[name].checked).map((name) => `${name}=True`);
    if (+inputs.monitor.value) words.push(`monitor=${+inputs.monitor.value}`);
    if (inputs.log_level.value !== "off") words.push(`log_level="${inputs.log_level.value}"`);
    for (const name of ["app_name", "project_xml", "resources_xml", "scheduler"]) {
      if (inputs[name].value.trim()) words.push(`${name}=${JSON.stringify(inputs[name].value.trim())}`);
    }
    if (inputs.more.value.trim()) words.push(inputs.more.value.trim());
    return `ipycompss.start(${words.join(", ")})`;
  };
  return { node, value };
}

export function stopForm() {
  const { node, inputs } = form([
    ["Values in the place of futures", "sync", field("checkbox", { checked: true })],
    ["At once, without waiting for tasks", "hard", field("checkbox")],
  ]);
  const value = () => `ipycompss.stop(${inputs.hard.checked ? "_hard_stop=True" : `sync=${inputs.sync.checked ? "True" : "False"}`})`;
  return { node, value };
}

// found: what `functionAt` told.
export function taskForm(found) {
  const { node, inputs } = form([
    ...found.parameters.map((name) => [name, name, select(DIRECTIONS)]),
    ["returns (a number, or a type)", "-returns", field("text", { value: found.returns ? "1" : "0" })],
  ], "IN: it is read; INOUT: the task changes it; OUT: the task makes it; FILE_…: it is the name of a file.");
  const value = () => ({
    directions: Object.fromEntries(found.parameters.map((name) => [name, inputs[name].value])),
    returns: inputs["-returns"].value.trim(),
  });
  return { node, value };
}
