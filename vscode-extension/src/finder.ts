/** Where the program `codex-lsp` may be. Pure: what the editor knows in, places to try out. */

export interface Where {
  /** The setting; it is taken as it is and nothing else is tried. */
  setting: string;
  /** The Python of the selected environment; undefined also where it must not be run. */
  python: string | undefined;
  /** The environment that this extension has made, or would make. */
  own: string;
  path: string;
  windows: boolean;
}

export interface Found {
  program: string;
  from: 'setting' | 'python environment' | 'PATH' | 'own environment';
}

/** Programs to try, the first one that is there wins. */
export function candidates(where: Where): Found[] {
  const name = where.windows ? 'codex-lsp.exe' : 'codex-lsp';
  const slash = where.windows ? '\\' : '/';
  if (where.setting) return [{ program: where.setting, from: 'setting' }];
  const found: Found[] = [];
  if (where.python) {
    const cut = Math.max(where.python.lastIndexOf('/'), where.python.lastIndexOf('\\'));
    const folder = where.python.slice(0, cut + 1);
    const folders = cut < 0 ? [] : [folder];
    // On Windows programs are in Scripts; the python of a conda environment or an installation is above it.
    if (cut >= 0 && where.windows) folders.push(`${folder}Scripts\\`);
    for (const each of folders) found.push({ program: each + name, from: 'python environment' });
  }
  for (const folder of where.path.split(where.windows ? ';' : ':')) {
    if (folder) found.push({ program: folder.replace(/[/\\]$/, '') + slash + name, from: 'PATH' });
  }
  found.push({ program: programOf(where.own, name, where.windows), from: 'own environment' });
  return found;
}

/** A program of a Python environment. */
export function programOf(environment: string, name: string, windows: boolean): string {
  return windows ? `${environment}\\Scripts\\${name}` : `${environment}/bin/${name}`;
}
