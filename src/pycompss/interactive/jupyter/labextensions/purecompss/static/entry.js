// What JupyterLab loads: a container as webpack makes them, by hand, so that nothing has to be built. Packages of
// JupyterLab come from the scope that it shares with its extensions; the rest are plain modules beside this file.

(() => {
  const base = document.currentScript.src;
  let scope;

  // A package of JupyterLab's.
  async function shared(name) {
    const versions = Object.values(scope[name] ?? {});
    if (!versions.length) throw new Error(`JupyterLab has no ${name}`);
    return (await versions[0].get())();
  }

  (window._JUPYTERLAB ??= {}).purecompss = {
    init: (given) => { scope = given; },
    get: async () => {
      const { plugin } = await import(new URL("menu.js", base));
      const found = { default: await plugin(shared), __esModule: true };
      return () => found;
    },
  };
})();
