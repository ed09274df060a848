/** Completions on and off: everywhere, for a language, for a file. */
import * as vscode from 'vscode';
import { SECTION, settings, update } from './settings';

const KEY = 'switchedOffFiles';

export class Switch implements vscode.Disposable {
  private readonly changed = new vscode.EventEmitter<void>();
  /** A switch was turned, here or in the settings. */
  readonly onChange = this.changed.event;
  private readonly configured = vscode.workspace.onDidChangeConfiguration((change) => {
    if (change.affectsConfiguration(SECTION)) this.changed.fire();
  });

  /** @param memory remembers files for this workspace */
  constructor(private readonly memory: vscode.Memento) {}

  dispose(): void {
    this.configured.dispose();
    this.changed.dispose();
  }

  isOff(uri: vscode.Uri): boolean {
    return this.files().includes(uri.toString());
  }

  /** Why there are no completions in a document, as far as the editor knows; empty when there are. */
  reason(document: vscode.TextDocument | undefined): string {
    if (!settings.enabled()) return 'Completions are switched off.';
    if (!document) return '';
    if (settings.disabledLanguages().includes(document.languageId)) {
      return `Completions are switched off in ${document.languageId} documents.`;
    }
    return this.isOff(document.uri) ? 'Completions are switched off in this file.' : '';
  }

  async toggle(): Promise<void> {
    await update('enable', !settings.enabled());
  }

  async toggleLanguage(language: string): Promise<void> {
    const off = settings.disabledLanguages();
    const others = off.filter((each) => each !== language);
    await update('disabledLanguages', others.length < off.length ? others : [...off, language]);
  }

  async toggleFile(uri: vscode.Uri): Promise<void> {
    const name = uri.toString();
    const off = this.files();
    const others = off.filter((each) => each !== name);
    await this.memory.update(KEY, others.length < off.length ? others : [...off, name]);
    this.changed.fire();
  }

  private files(): readonly string[] {
    return this.memory.get<string[]>(KEY, []);
  }
}
