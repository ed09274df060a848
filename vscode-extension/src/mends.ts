/** Which button mends the error that a sentence of the server names. */

export interface Mend {
  title: string;
  command: string;
  arguments?: unknown[];
}

const SHOW_LOG: Mend = { title: 'Show Log', command: 'codexLsp.showLog' };

export function mendsOf(sentence: string): Mend[] {
  const named = /is not installed; `codex-lsp models pull (\w[\w.-]*)`/.exec(sentence)?.[1];
  if (named) {
    return [
      { title: 'Switch the Model', command: 'codexLsp.switchModel' },
      { title: 'Get the Model', command: 'codexLsp.pullModel', arguments: [named] },
    ];
  }
  if (/or the name of an installed model/.test(sentence)) {
    return [{ title: 'Switch the Model', command: 'codexLsp.switchModel' }, SHOW_LOG];
  }
  const setting = /\b(codexLsp\.\w+)/.exec(sentence)?.[1];
  if (/models pull|not installed yet/.test(sentence)) {
    return [{ title: 'Get the Model', command: 'codexLsp.pullModel' }, SHOW_LOG];
  }
  if (setting) {
    return [
      { title: 'Open Setting', command: 'codexLsp.internal.openSetting', arguments: [setting] },
      /doctor/.test(sentence) ? { title: 'Run Doctor', command: 'codexLsp.doctor' } : SHOW_LOG,
    ];
  }
  if (/doctor/.test(sentence)) return [{ title: 'Run Doctor', command: 'codexLsp.doctor' }, SHOW_LOG];
  return [SHOW_LOG];
}
