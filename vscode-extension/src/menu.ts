/** The menu behind the item in the status bar. */
import * as vscode from 'vscode';
import type { Messages } from './messages';
import type { Server } from './server';
import { choicesOf, settings, update } from './settings';
import type { Switch } from './switches';

interface Entry extends vscode.QuickPickItem {
  run?: () => unknown;
}

export async function showMenu(
  server: Server,
  messages: Messages,
  switches: Switch,
  manifest: unknown,
): Promise<void> {
  const says = server.state.kind === 'server' ? server.state.status.message : server.state.message;
  const lacking = messages.question || says;
  const entries =
    server.state.kind === 'missing'
      ? [command('Set up', 'cloud-download', 'codexLsp.setUp', 'install the server and the model')]
      : [
          ...(/not installed yet/.test(lacking) ? [GET_MODEL] : []),
          ...switchEntries(switches),
          ...profileEntries(manifest),
          ...serverEntries(),
        ];
  if (!vscode.workspace.isTrusted) entries.push(RESTRICTED);
  const always = [
    command('Run the doctor', 'pulse', 'codexLsp.doctor', 'checks everything'),
    command('Settings', 'gear', 'codexLsp.internal.openSetting', '', 'codexLsp'),
    command('Show the log', 'output', 'codexLsp.showLog'),
  ];
  const chosen = await vscode.window.showQuickPick<Entry>([...entries, ...always], {
    title: 'codex-lsp',
    placeHolder: lacking,
  });
  await chosen?.run?.();
}

const GET_MODEL = command('Get the model', 'cloud-download', 'codexLsp.pullModel', '93 MB, once');
const RESTRICTED = command('Restricted in this folder', 'shield', 'workbench.trust.manage', 'manage trust');

function command(label: string, icon: string, name: string, description = '', ...args: unknown[]): Entry {
  return {
    label: `$(${icon}) ${label}`,
    description,
    run: () => vscode.commands.executeCommand(name, ...args),
  };
}

function switchEntries(switches: Switch): Entry[] {
  const document = vscode.window.activeTextEditor?.document;
  const entries = [
    command(`Switch ${settings.enabled() ? 'off' : 'on'} everywhere`, 'circle-slash', 'codexLsp.toggle'),
  ];
  if (document) {
    const language = document.languageId;
    const off = settings.disabledLanguages().includes(language);
    entries.push(
      command(`Switch ${off ? 'on' : 'off'} for ${language}`, 'code', 'codexLsp.toggleLanguage'),
      command(
        `Switch ${switches.isOff(document.uri) ? 'on' : 'off'} for this file`,
        'file',
        'codexLsp.toggleFile',
      ),
    );
  }
  return entries;
}

/** How eager it is, where the server has a setting for that. */
function profileEntries(manifest: unknown): Entry[] {
  const choices = choicesOf(manifest, 'profile');
  if (choices.length === 0) return [];
  const current = vscode.workspace.getConfiguration('codexLsp').get<string>('profile');
  return [
    {
      label: '$(settings) How eager…',
      description: current ?? '',
      run: async () => {
        const chosen = await vscode.window.showQuickPick(choices, { title: 'codex-lsp: how eager it is' });
        if (chosen) await update('profile', chosen);
      },
    },
  ];
}

function serverEntries(): Entry[] {
  return [
    command('List all candidates here', 'list-ordered', 'codexLsp.showCandidates'),
    command('Explain the last request', 'question', 'codexLsp.explain'),
    command('Statistics', 'graph', 'codexLsp.showStatistics'),
    command('Switch the model', 'chip', 'codexLsp.switchModel'),
    command('Restart the server', 'debug-restart', 'codexLsp.restart'),
  ];
}
