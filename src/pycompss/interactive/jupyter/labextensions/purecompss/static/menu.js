// The menu "COMPSs": start and stop the runtime, look at the run, make a task of a function.

import { startForm, stopForm, taskForm } from "./forms.js";
import { functionAt, withDecorator } from "./decorator.js";

const IMPORT = "import pycompss.interactive as ipycompss";
const MANUAL = "https://compss-doc.readthedocs.io/en/stable/";
const VIEWS = {
  "tasks-info": ["Task information", "tasks_info()"],
  "tasks-status": ["Task status", "tasks_status()"],
  "current-graph": ["Current graph", "current_task_graph(fit=True)"],
  "complete-graph": ["Complete graph", "complete_task_graph(fit=True)"],
  "resources": ["Resources", "resources_status()"],
  "statistics": ["Statistics", "statistics()"],
  "everything": ["All of it", "monitoring_information()"],
};

// shared: gives a package of JupyterLab's.
export async function plugin(shared) {
  const [notebooks, menus, apputils, widgets, outputs] = await Promise.all(
    ["@jupyterlab/notebook", "@jupyterlab/mainmenu", "@jupyterlab/apputils", "@lumino/widgets", "@jupyterlab/outputarea"].map(shared));
  return {
    id: "purecompss:menu",
    description: "A menu for PyCOMPSs.",
    autoStart: true,
    requires: [notebooks.INotebookTracker, menus.IMainMenu],
    optional: [apputils.ICommandPalette],
    activate: (app, tracker, bar, palette) => activate({ app, tracker, bar, palette, notebooks, apputils, widgets, outputs }),
  };
}

function activate(lab) {
  const menu = new lab.widgets.Menu({ commands: lab.app.commands });
  menu.title.label = "COMPSs";
  const panels = new lab.widgets.Menu({ commands: lab.app.commands });
  panels.title.label = "Show";
  const add = (where, name, label, execute) => {
    const id = `purecompss:${name}`;
    lab.app.commands.addCommand(id, { label, execute, isEnabled: () => lab.tracker.currentWidget !== null });
    where.addItem({ command: id });
    lab.palette?.addItem({ command: id, category: "COMPSs" });
  };
  add(menu, "start", "Start runtime…", () => ask(lab, "Start the runtime", "Start", startForm(), (code) => runCell(lab, `${IMPORT}\n${code}`)));
  add(menu, "stop", "Stop runtime…", () => ask(lab, "Stop the runtime", "Stop", stopForm(), (code) => runCell(lab, code)));
  menu.addItem({ type: "separator" });
  for (const [name, [label, call]] of Object.entries(VIEWS)) add(panels, name, label, () => show(lab, label, call));
  menu.addItem({ type: "submenu", submenu: panels });
  add(menu, "monitor", "Open monitor", () => openMonitor(lab));
  menu.addItem({ type: "separator" });
  add(menu, "task", "Make this function a task…", () => decorate(lab));
  lab.app.commands.addCommand("purecompss:manual", { label: "Manual of the programming model", execute: () => { window.open(MANUAL, "_blank", "noopener"); } });
  menu.addItem({ command: "purecompss:manual" });
  lab.bar.addMenu(menu, true, { rank: 65 });
}

// Show a form; `use` gets what was chosen.
async function ask(lab, title, verb, form, use) {
  const body = new lab.widgets.Widget({ node: form.node });
  body.getValue = form.value;
  const { Dialog } = lab.apputils;
  const answer = await new Dialog({ title, body, buttons: [Dialog.cancelButton(), Dialog.okButton({ label: verb })] }).launch();
  if (answer.button.accept) await use(answer.value);
}

const tell = (lab, title, body) => lab.apputils.showDialog({ title, body, buttons: [lab.apputils.Dialog.okButton()] });

// A new cell below the active one: what was done stays in the notebook.
async function runCell(lab, code) {
  const { content, sessionContext } = lab.tracker.currentWidget;
  lab.notebooks.NotebookActions.insertBelow(content);
  content.activeCell.model.sharedModel.setSource(code);
  await lab.notebooks.NotebookActions.run(content, sessionContext);
}

let number = 0, latest = null; // of the panels; the next one is a tab beside it

// A panel beside the notebook that follows the run.
async function show(lab, label, call) {
  const { content: { rendermime }, sessionContext, id } = lab.tracker.currentWidget;
  const { SimplifiedOutputArea, OutputAreaModel } = lab.outputs;
  const area = new SimplifiedOutputArea({ model: new OutputAreaModel({ trusted: true }), rendermime });
  area.addClass("purecompss-panel");
  area.node.style.cssText = "overflow: auto; padding: 8px";
  const panel = new lab.apputils.MainAreaWidget({ content: area });
  panel.id = `purecompss-panel-${(number += 1)}`;
  panel.title.label = label;
  panel.title.closable = true;
  const isFirst = latest === null || latest.isDisposed;
  lab.app.shell.add(panel, "main", isFirst ? { mode: "split-right", ref: id } : { mode: "tab-after", ref: latest.id });
  lab.app.shell.activateById(panel.id);
  latest = panel;
  await SimplifiedOutputArea.execute(`${IMPORT}\nipycompss.${call}`, area, sessionContext, { store_history: false });
}

async function openMonitor(lab) {
  const address = await printed(lab, `${IMPORT}; print(ipycompss.monitor_address() or "")`);
  if (address) window.open(await reachable(lab, address), "_blank", "noopener");
  else await tell(lab, "No monitor", "The runtime does not run, or was started without monitor=; then only its cells show it.");
}

// Through this server, if that has our proxy: the kernel may be on another machine than the browser.
async function reachable(lab, address) {
  const { port, hash } = new URL(address);
  const page = new URL(`purecompss/monitor/${port}/`, lab.app.serviceManager.serverSettings.baseUrl).href;
  return (await fetch(page).catch(() => null))?.ok ? page + hash : address;
}

// What code prints, without a trace in the notebook.
async function printed(lab, code) {
  const kernel = lab.tracker.currentWidget.sessionContext.session?.kernel;
  if (!kernel) return "";
  let text = "";
  const future = kernel.requestExecute({ code, store_history: false });
  future.onIOPub = ({ header, content }) => { if (header.msg_type === "stream" && content.name === "stdout") text += content.text; };
  await future.done;
  return text.trim();
}

async function decorate(lab) {
  const { content } = lab.tracker.currentWidget, cell = content.activeCell;
  const model = cell.model.sharedModel;
  const found = functionAt(model.getSource(), cell.editor?.getCursorPosition().line ?? 0);
  if (!found) return tell(lab, "No function here", "Put the cursor into a function.");
  return ask(lab, `Make ${found.name} a task`, "Insert", taskForm(found), (chosen) => model.setSource(withDecorator(model.getSource(), found, chosen)));
}
