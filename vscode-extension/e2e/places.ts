/** Where the programs are that a session takes; the environment says it. */

function needed(name: string): string {
  const value = process.env[name];
  if (!value) throw new Error(`${name} has to be set; tests/e2e/editors/test_vscode.py does it.`);
  return value;
}

export const places = {
  /** The folder that code-server was installed into. */
  codeServer: needed('CODEX_LSP_E2E_CODE_SERVER'),
  /** The node that it runs on. */
  node: needed('CODEX_LSP_E2E_NODE'),
  chromium: process.env.CODEX_LSP_E2E_CHROMIUM ?? '/usr/bin/chromium',
  /** The packaged extension. */
  vsix: needed('CODEX_LSP_E2E_VSIX'),
  /** What pip installs as the server. */
  package: needed('CODEX_LSP_E2E_PACKAGE'),
  /** The name of its default model. */
  model: needed('CODEX_LSP_E2E_MODEL'),
  /** A server that is installed already, to try out single scenarios; the set-up is left out then. */
  program: process.env.CODEX_LSP_E2E_PROGRAM ?? '',
  /** Where the README's pictures are drawn anew, if they are to be. */
  media: process.env.CODEX_LSP_E2E_MEDIA ?? '',
  /** Where screenshots are kept. */
  artefacts: process.env.CODEX_LSP_E2E_ARTEFACTS ?? 'artefacts',
};
