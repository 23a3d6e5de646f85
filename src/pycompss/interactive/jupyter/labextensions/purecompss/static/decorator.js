// From the text of a cell to the text with a decorator.

// The innermost function at or above a line (from 0): name, parameters, lines, whether it returns; or null.
export function functionAt(source, line) {
  const lines = source.split("\n");
  for (let number = Math.min(line, lines.length - 1); number >= 0; number -= 1) {
    const head = /^(\s*)(?:async\s+)?def\s+(\w+)\s*\(/.exec(lines[number]);
    if (!head || !reaches(lines, number, head[1].length, line)) continue;
    const rest = bare(lines.slice(number).join("\n"));
    const inner = between(rest, rest.indexOf("("));
    return { name: head[2], indent: head[1], line: number, parameters: names(inner), returns: /(^|\n)\s*return\s+\S/.test(body(lines, number, head[1].length)) };
  }
  const below = /^\s*@/.test(lines[line] ?? "") ? lines.findIndex((text, number) => number > line && /^\s*(async\s+)?def\s/.test(text)) : -1;
  return below > line ? functionAt(source, below) : null;
}

// Without texts and comments, whose brackets and commas mean nothing.
const bare = (text) => text.replace(/#.*|("""|''')[\s\S]*?\1|"[^"\n]*"|'[^'\n]*'/g, (found) => (found.startsWith("#") ? "" : "_"));
const depth = (text) => /^\s*/.exec(text)[0].length;
const isCode = (text) => text.trim() !== "" && !text.trim().startsWith("#");

// Whether a line belongs to the function that begins at `first`.
function reaches(lines, first, indent, line) {
  let start = first + 1;
  while (start < lines.length && !/:\s*(#.*)?$/.test(lines[start - 1])) start += 1; // the head may take several lines
  return lines.slice(start, line + 1).every((text) => !isCode(text) || depth(text) > indent);
}

function body(lines, first, indent) {
  const end = lines.findIndex((text, number) => number > first && isCode(text) && depth(text) <= indent && !/^\s*[)\]}]/.test(text));
  return lines.slice(first, end < 0 ? undefined : end).join("\n");
}

// What stands between a bracket and the one that closes it.
function between(text, open) {
  let level = 0;
  for (let place = open; place < text.length; place += 1) {
    if ("([{".includes(text[place])) level += 1;
    else if (")]}".includes(text[place]) && (level -= 1) === 0) return text.slice(open + 1, place);
  }
  return "";
}

// Names of parameters: split at commas outside of brackets.
function names(text) {
  const parts = [""];
  let level = 0;
  for (const letter of text) {
    if ("([{".includes(letter)) level += 1;
    if (")]}".includes(letter)) level -= 1;
    if (letter === "," && level === 0) parts.push("");
    else parts[parts.length - 1] += letter;
  }
  return parts.map((part) => /^\s*\**(\w+)/.exec(part)?.[1]).filter((name) => name && name !== "self" && name !== "cls");
}

// chosen: { directions: { parameter: "INOUT", … }, returns: "1" }. Imports that the cell lacks come first.
export function withDecorator(source, found, { directions, returns }) {
  const words = Object.entries(directions).filter(([, direction]) => direction !== "IN").map(([name, direction]) => `${name}=${direction}`);
  if (returns && returns !== "0") words.push(`returns=${returns}`);
  const lines = source.split("\n");
  let place = found.line;
  while (place > 0 && /^\s*@/.test(lines[place - 1])) place -= 1; // above other decorators
  lines.splice(place, 0, `${found.indent}@task(${words.join(", ")})`);
  const wanted = [...new Set(Object.values(directions))].filter((direction) => direction !== "IN").sort();
  const imports = [!/import[^\n]*\btask\b/.test(source) && "from pycompss.api.task import task",
    ...wanted.filter((name) => !new RegExp(`import[^\\n]*\\b${name}\\b`).test(source)).map((name) => `from pycompss.api.parameter import ${name}`)].filter(Boolean);
  return [...imports, ...(imports.length ? [""] : []), ...lines].join("\n");
}
