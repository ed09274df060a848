/** The settings of the section `codexLsp`: the extension's own, and the server's. */
import * as vscode from 'vscode';

export const SECTION = 'codexLsp';

/** The editor's own setting that says that a screen reader is used. */
export const SCREEN_READER = 'editor.accessibilitySupport';

/** These are the extension's; the server would report them as unknown. */
const OWN = new Set(['serverPath', 'pythonPath', 'package', 'growing']);

function section(): vscode.WorkspaceConfiguration {
  return vscode.workspace.getConfiguration(SECTION);
}

export const settings = {
  serverPath: (): string => section().get('serverPath', ''),
  pythonPath: (): string => section().get('pythonPath', ''),
  package: (): string => section().get('package', 'codex-lsp'),
  /** What grows would be read out anew each time, so that it does not with a screen reader. */
  growing: (): boolean =>
    section().get('growing', true) && vscode.workspace.getConfiguration().get(SCREEN_READER) !== 'on',
  enabled: (): boolean => section().get('enable', true),
  disabledLanguages: (): readonly string[] => section().get('disabledLanguages', []),
  model: (): string => section().get('model', ''),
};

/** Choices of a setting as the manifest lists them; empty where it has no such setting. */
export function choicesOf(manifest: unknown, name: string): string[] {
  const parts =
    (manifest as { contributes?: { configuration?: { properties?: Record<string, { enum?: string[] }> }[] } })
      .contributes?.configuration ?? [];
  return parts.flatMap((part) => part.properties?.[`${SECTION}.${name}`]?.enum ?? []);
}

/** Show settings where they count: those of paths and programs are not the user's own on another machine. */
export function openSetting(query: unknown): Thenable<unknown> {
  const name = vscode.env.remoteName ? 'openRemoteSettings' : 'openSettings';
  return vscode.commands.executeCommand(`workbench.action.${name}`, { query });
}

export async function update(name: string, value: unknown): Promise<void> {
  // Where the value in force comes from: a workspace's value would hide the user's.
  const found = section().inspect(name);
  const target =
    found?.workspaceValue === undefined
      ? vscode.ConfigurationTarget.Global
      : vscode.ConfigurationTarget.Workspace;
  await section().update(name, value, target);
}

/**
 * What the server is told: values that differ from their defaults, so that a server of another version
 * is not told of settings that it does not know.
 */
export function serverSettings(): Record<string, unknown> {
  const all = JSON.parse(JSON.stringify(section())) as Record<string, unknown>;
  const changed = Object.entries(all).filter(([name, value]) => {
    const known = section().inspect(name);
    return !OWN.has(name) && known && JSON.stringify(value) !== JSON.stringify(known.defaultValue);
  });
  const told: Record<string, unknown> = { ...Object.fromEntries(changed), enable: settings.enabled() };
  if (!vscode.workspace.isTrusted) {
    // Nothing of the folder is read but what is open.
    if (told.recall !== 'off') told.recall = 'file';
    if ('snippets' in told) told.snippets = 'off';
  }
  return told;
}
