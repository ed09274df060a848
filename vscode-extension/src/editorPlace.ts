/** Places in documents, as the offers know them. */
import * as vscode from 'vscode';
import type { Place } from './offer';

/** The cursor in its document. */
export function placeOf(
  document: vscode.TextDocument,
  offset: number,
  selected: vscode.SelectedCompletionInfo | undefined,
): Place {
  return {
    uri: document.uri.toString(),
    version: document.version,
    text: document.getText(),
    offset,
    selected: selected && { text: selected.text, start: document.offsetAt(selected.range.start) },
  };
}

/** What tells a place from where something has changed since. */
export function nameOf({ uri, version, offset }: Place): string {
  return `${uri} ${version} ${offset}`;
}

/** How the document is indented, as the protocol says it. */
export function formattingOf(document: vscode.TextDocument): object {
  const editor = vscode.window.visibleTextEditors.find((each) => each.document === document);
  return { tabSize: editor?.options.tabSize ?? 4, insertSpaces: editor?.options.insertSpaces ?? true };
}
