/**
 * Ghost text: asks the server, serves what is typed through from memory, and lets the first item grow.
 *
 * VS Code reads a provider's answer once. To show more of it, the provider is registered again and asked
 * by its id; the old registration is taken back once the new answer is on screen, so that there is no
 * frame without text.
 */
import * as vscode from 'vscode';
import type { LanguageClient } from 'vscode-languageclient/node';
import { documentSelector } from './client';
import { formattingOf, nameOf, placeOf } from './editorPlace';
import { Offer, type OfferedItem, type Place, type Remainder } from './offer';
import {
  ACCEPT_COMMAND,
  CANCEL_PARTIAL,
  INLINE_COMPLETION,
  type Item,
  PARTIAL,
  PARTLY_ACCEPTED,
  type Partial,
  SHOWN,
} from './protocol';

export const ACCEPTED = 'codexLsp.internal.accepted';
const TRIGGER = 'editor.action.inlineSuggest.trigger';

export interface Switches {
  /** Why there are no completions in a document; empty when there are. */
  reason(document: vscode.TextDocument): string;
  readonly onChange: vscode.Event<void>;
}

/** What a page lists. Its offer grows as long as the document agrees; the page shows it each time. */
interface Listing {
  offer: Offer;
  document: vscode.TextDocument;
  draw: () => void;
}

export class Ghost implements vscode.InlineCompletionItemProvider, vscode.Disposable {
  private readonly changed = new vscode.EventEmitter<void>();
  /** There is another answer, another candidate is shown, or there is none any more. */
  readonly onChange = this.changed.event;
  private client: LanguageClient | undefined;
  private registration: vscode.Disposable;
  private early: Partial | undefined;
  private readonly listeners: vscode.Disposable[];
  private byHand = false;
  /** Where the user has dismissed the completion; it does not come back before something changes. */
  private dismissedAt = '';
  private refreshing = false;
  private stale = false;
  /** What VS Code can show, in its order. */
  private handed: OfferedItem[] = [];
  /** Which of it is on screen, as far as our own commands moved it. */
  private shown: OfferedItem | undefined;
  private askedAt = '';
  private listing: Listing | undefined;
  offer: Offer | undefined;

  constructor(
    private readonly providerId: string,
    private readonly switches: Switches,
  ) {
    this.registration = this.register();
    this.listeners = [
      vscode.commands.registerCommand(ACCEPTED, (item: OfferedItem) => this.accepted(item)),
      switches.onChange(() => this.switched()),
      vscode.window.onDidChangeActiveTextEditor(() => this.drop()),
      vscode.window.onDidChangeTextEditorSelection(({ textEditor }) => this.moved(textEditor)),
    ];
  }

  use(client: LanguageClient): void {
    this.client = client;
    // Another server counts its ids from the start.
    this.listing = undefined;
    this.early = undefined;
    this.drop();
    client.onNotification(PARTIAL, (partial: Partial) => this.grow(partial));
  }

  dispose(): void {
    for (const each of [...this.listeners, this.registration, this.changed]) each.dispose();
  }

  // ---- What VS Code asks

  async provideInlineCompletionItems(
    document: vscode.TextDocument,
    position: vscode.Position,
    context: vscode.InlineCompletionContext,
    token: vscode.CancellationToken,
  ): Promise<vscode.InlineCompletionItem[]> {
    if (this.switches.reason(document) || !this.client?.isRunning()) return [];
    const place = placeOf(document, document.offsetAt(position), context.selectedCompletionInfo);
    const byHand = this.byHand;
    if (!byHand && this.dismissedAt === nameOf(place)) return [];
    this.dismissedAt = '';
    // After typing, and after a part was accepted, VS Code is back at the first of what agrees.
    if (this.askedAt !== nameOf(place)) this.put([], undefined);
    this.askedAt = nameOf(place);
    const cycling = context.triggerKind === vscode.InlineCompletionTriggerKind.Invoke;
    this.byHand = false;
    const kept = byHand ? [] : (this.offer?.remainders(place) ?? []);
    // One candidate is nothing to cycle through: the server is asked for all it can bring.
    if (kept.length > (cycling ? 1 : 0)) return this.hand(kept, document, position, context);
    // What grows is not called off: the server goes on with it if that agrees with what was typed.
    const offer = await this.ask(this.client, document, position, context, place, token);
    if (!offer || token.isCancellationRequested) return [];
    if (this.switches.reason(document)) {
      // Switched off since.
      this.tell(CANCEL_PARTIAL, { id: offer.id });
      return [];
    }
    this.take(offer);
    if (cycling && kept[0]) this.shown = offer.include(kept[0]);
    // Between the question and the answer the document may have changed: then this is empty.
    const now = placeOf(document, document.offsetAt(position), context.selectedCompletionInfo);
    return this.hand(offer.remainders(now), document, position, context);
  }

  private async ask(
    client: LanguageClient,
    document: vscode.TextDocument,
    position: vscode.Position,
    context: vscode.InlineCompletionContext,
    place: Place,
    token: vscode.CancellationToken,
  ): Promise<Offer | undefined> {
    const params = {
      ...client.code2ProtocolConverter.asInlineCompletionParams(document, position, context),
      formattingOptions: formattingOf(document),
    };
    let answer: { items: Item[] } | null;
    try {
      answer = await client.sendRequest(INLINE_COMPLETION, params, token);
    } catch {
      // Cancelled, or the server has ended, which is told elsewhere.
      return undefined;
    }
    const items = (answer?.items ?? []).map((item) => {
      const end = document.offsetAt(new vscode.Position(item.range.end.line, item.range.end.character));
      const [facts] = item.command.arguments;
      return { text: item.insertText, replaces: Math.max(0, end - place.offset), facts };
    });
    return items.length > 0 ? new Offer(place, items) : undefined;
  }

  private take(offer: Offer): void {
    this.offer = offer;
    this.shown = undefined;
    const early = this.overtaken(offer);
    if (early) this.grow(early);
    this.tell(SHOWN, { item: told(offer.items[0]) });
    this.announce();
  }

  private hand(
    left: Remainder[],
    document: vscode.TextDocument,
    position: vscode.Position,
    context: vscode.InlineCompletionContext,
  ): vscode.InlineCompletionItem[] {
    const onScreen = left.filter(({ item }) => item === this.shown);
    const others = left.filter(({ item }) => item !== this.shown);
    // When VS Code asks for others, it puts what is on screen first, and goes on from there.
    const cycling = context.triggerKind === vscode.InlineCompletionTriggerKind.Invoke;
    const ordered = cycling ? [...onScreen, ...others] : left;
    this.put(
      ordered.map(({ item }) => item),
      onScreen[0]?.item ?? left[0]?.item,
    );
    const start = context.selectedCompletionInfo?.range.start ?? position;
    const offset = document.offsetAt(position);
    return ordered.map(({ text, replaces, item }) => {
      const end = document.positionAt(offset + replaces);
      const command = { title: 'Accept completion', command: ACCEPTED, arguments: [item] };
      return new vscode.InlineCompletionItem(text, new vscode.Range(start, end), command);
    });
  }

  private put(handed: OfferedItem[], shown: OfferedItem | undefined): void {
    const before = this.candidate;
    this.handed = handed;
    this.shown = shown;
    if (this.candidate !== before) this.changed.fire();
  }

  // ---- Growing

  private grow(partial: Partial): void {
    const listed = this.growListed(partial);
    if (partial.id !== this.offer?.id) {
      // It has overtaken its own answer.
      if (!listed) this.early = partial;
      return;
    }
    if (this.offer.grow(partial)) void this.refresh();
    this.announce();
  }

  /** What has come of an offer before the offer itself. */
  private overtaken(offer: Offer): Partial | undefined {
    const { early } = this;
    this.early = undefined;
    return early?.id === offer.id ? early : undefined;
  }

  /** @returns whether it is of what is listed */
  private growListed(partial: Partial): boolean {
    const { listing } = this;
    if (!listing || partial.id !== listing.offer.id) return false;
    // After typing the server decides itself what of its work may still be wanted.
    if (!listing.offer.isFor(listing.document.getText())) this.listing = undefined;
    else if (listing.offer.grow(partial)) listing.draw();
    return true;
  }

  /** Have VS Code read the answer again; one at a time, or its debounce would starve them all. */
  private async refresh(): Promise<void> {
    this.stale = true;
    if (this.refreshing) return;
    this.refreshing = true;
    try {
      while (this.stale && this.offerHere()) {
        this.stale = false;
        const old = this.registration;
        this.registration = this.register();
        await vscode.commands.executeCommand(TRIGGER, { explicit: false, providerId: this.providerId });
        old.dispose();
      }
    } finally {
      this.refreshing = false;
    }
  }

  private register(): vscode.Disposable {
    return vscode.languages.registerInlineCompletionItemProvider(documentSelector, this);
  }

  /** The offer, if the cursor stands where it is shown. */
  private offerHere(): Offer | undefined {
    const editor = vscode.window.activeTextEditor;
    if (!editor || !this.offer || !editor.selection.isEmpty) return undefined;
    const typed = this.offer.mayGrowTo(this.placeIn(editor));
    return typed ? this.offer : undefined;
  }

  private placeIn(editor: vscode.TextEditor): Place {
    const place = placeOf(editor.document, editor.document.offsetAt(editor.selection.active), undefined);
    // What the suggest widget has selected is only known when VS Code asks; it asks anew when it changes.
    return { ...place, selected: this.offer?.selected };
  }

  private moved(editor: vscode.TextEditor): void {
    if (editor !== vscode.window.activeTextEditor || !this.offer || this.offerHere()) return;
    // After typing the server decides itself what of its work may still be wanted.
    if (this.offer.isFor(editor.document.getText())) this.drop();
    else this.forget();
  }

  /** Where it is off by now, nothing that was brought before stays on screen or comes back. */
  private switched(): void {
    if (this.listing && this.switches.reason(this.listing.document)) this.endList();
    const document = vscode.window.activeTextEditor?.document;
    if (!this.offer || !document || !this.switches.reason(document)) return;
    this.drop();
    void vscode.commands.executeCommand('editor.action.inlineSuggest.hide');
  }

  // ---- What the user does with it

  /** Ask the model now, whatever is known already. */
  async trigger(): Promise<void> {
    this.drop();
    await vscode.commands.executeCommand('editor.action.inlineSuggest.hide');
    this.byHand = true;
    const old = this.registration;
    this.registration = this.register();
    old.dispose();
    await vscode.commands.executeCommand(TRIGGER, { explicit: true });
    this.byHand = false;
  }

  /**
   * All that the model says at the cursor, for a list; nothing of it is shown as ghost text.
   *
   * @param draw called whenever the first of them has grown, until `endList`
   */
  async list(editor: vscode.TextEditor, draw: (offer: Offer) => void): Promise<Offer | undefined> {
    if (!this.client?.isRunning()) return undefined;
    this.endList();
    this.drop();
    const context = {
      triggerKind: vscode.InlineCompletionTriggerKind.Invoke,
      selectedCompletionInfo: undefined,
    };
    const position = editor.selection.active;
    const place = placeOf(editor.document, editor.document.offsetAt(position), undefined);
    const source = new vscode.CancellationTokenSource();
    const offer = await this.ask(this.client, editor.document, position, context, place, source.token);
    if (!offer) return undefined;
    const early = this.overtaken(offer);
    if (early) offer.grow(early);
    this.listing = { offer, document: editor.document, draw: () => draw(offer) };
    return offer;
  }

  /** The list is not looked at any more. */
  endList(): void {
    const { listing } = this;
    this.listing = undefined;
    if (!listing?.offer.growing || !listing.offer.isFor(listing.document.getText())) return;
    const { id } = listing.offer;
    // What was listed may be ghost text by now.
    if (id !== this.offer?.id) this.tell(CANCEL_PARTIAL, { id });
  }

  async dismiss(): Promise<void> {
    const editor = vscode.window.activeTextEditor;
    this.dismissedAt = editor ? nameOf(this.placeIn(editor)) : '';
    this.drop();
    await vscode.commands.executeCommand('editor.action.inlineSuggest.hide');
  }

  /** @param step 1 for the next candidate, -1 for the previous one */
  async cycle(step: 1 | -1): Promise<void> {
    const name = step === 1 ? 'showNext' : 'showPrevious';
    await vscode.commands.executeCommand(`editor.action.inlineSuggest.${name}`);
    // VS Code may have been handed another list by now.
    const count = this.handed.length;
    if (!this.shown || count === 0) return;
    this.shown = this.handed[(this.handed.indexOf(this.shown) + step + count) % count];
    this.tell(SHOWN, { item: told(this.shown) });
    this.announce();
  }

  /** @param what how much of it: `acceptNextWord` or `acceptNextLine` */
  async acceptPart(what: 'acceptNextWord' | 'acceptNextLine'): Promise<void> {
    // VS Code may ask for what is left before the command is over.
    const { shown } = this;
    await vscode.commands.executeCommand(`editor.action.inlineSuggest.${what}`);
    const editor = vscode.window.activeTextEditor;
    const part = editor && this.offer?.acceptedPart(this.placeIn(editor), shown);
    if (part) this.tell(PARTLY_ACCEPTED, { item: told(part.item), acceptedLength: part.acceptedLength });
  }

  accepted(item: OfferedItem): void {
    this.forget();
    void this.client
      ?.sendRequest('workspace/executeCommand', { command: ACCEPT_COMMAND, arguments: [item.facts] })
      .catch(() => {}); // it is told for the server's own sake
  }

  /** `2/3 · 71 %` once the user has looked at another than the first. */
  get candidate(): string {
    const index = this.shown ? this.handed.indexOf(this.shown) : -1;
    if (!this.shown || index < 1) return '';
    const confidence = this.shown.facts.confidence;
    const sure = confidence === null ? '' : ` · ${Math.round(100 * confidence)} %`;
    return `${index + 1}/${this.handed.length}${sure}`;
  }

  /** Forget the offer, and have the server stop what it still does for it. */
  private drop(): void {
    if (this.offer?.growing) this.tell(CANCEL_PARTIAL, { id: this.offer.id });
    this.forget();
  }

  private forget(): void {
    this.offer = undefined;
    this.handed = [];
    this.shown = undefined;
    this.announce();
  }

  private tell(method: string, params: object): void {
    if (this.client?.isRunning()) void this.client.sendNotification(method, params);
  }

  private announce(): void {
    const context = (key: string, value: boolean) =>
      vscode.commands.executeCommand('setContext', `codexLsp.${key}`, value);
    void context('offered', this.offer !== undefined);
    void context('growing', this.offer?.growing === true);
    this.changed.fire();
  }
}

/** The item as the server sent it, at its length by now. */
function told(item: OfferedItem | undefined): unknown {
  return item && { insertText: item.text, command: { arguments: [item.facts] } };
}
