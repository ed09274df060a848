/**
 * One answer of the server, kept for as long as the document agrees with it: what the user types
 * through is served from here, and the first item grows here. Knows nothing of VS Code.
 */
import type { Facts, Partial } from './protocol';

export type Growth = Pick<Partial, 'seq' | 'version' | 'insertText' | 'done'>;

/** What the suggest widget has selected; an answer counts for the same selection only. */
export interface Selected {
  text: string;
  start: number;
}

/** A document with its cursor. */
export interface Place {
  uri: string;
  version: number;
  text: string;
  offset: number;
  selected?: Selected | undefined;
}

/** `replaces` counts the UTF-16 code units right of the cursor that are replaced. */
export interface OfferedItem {
  text: string;
  replaces: number;
  facts: Facts;
}

/** What is left of an item, and the item. */
export interface Remainder {
  text: string;
  replaces: number;
  item: OfferedItem;
}

const unix = (text: string): string => text.replaceAll('\r\n', '\n');

export class Offer {
  private seq = 0;
  private readonly before: string;
  private readonly after: string;
  readonly uri: string;
  readonly version: number;
  readonly selected: Selected | undefined;
  /** More of the first item may come. */
  growing = true;

  constructor(
    place: Place,
    readonly items: OfferedItem[],
  ) {
    this.uri = place.uri;
    this.version = place.version;
    this.selected = place.selected;
    this.before = place.text.slice(0, place.offset);
    this.after = place.text.slice(place.offset);
  }

  get id(): string {
    return this.items[0]?.facts.id ?? '';
  }

  /** What was typed since at the place of the answer; undefined when anything else has changed. */
  typed(place: Place): string | undefined {
    const { text, offset } = place;
    if (place.uri !== this.uri || !sameSelection(this.selected, place.selected)) return undefined;
    if (text.length - offset !== this.after.length || offset < this.before.length) return undefined;
    if (!text.startsWith(this.before) || !text.endsWith(this.after)) return undefined;
    const typed = unix(text.slice(this.before.length, offset));
    return this.selected && typed ? undefined : typed;
  }

  /**
   * What is left of the items that agree with what was typed, the best first. Empty when the first
   * item does not: then the server says what takes its place.
   */
  remainders(place: Place): Remainder[] {
    const typed = this.typed(place);
    if (typed === undefined) return [];
    const left = this.items.flatMap((item) => {
      const text = unix(item.text);
      return text.startsWith(typed) && text.length > typed.length
        ? [{ text: text.slice(typed.length), replaces: item.replaces, item }]
        : [];
    });
    if (left[0]?.item !== this.items[0]) return [];
    // VS Code shows equal ones once.
    return left.filter((each, index) => left.findIndex((other) => same(other, each)) === index);
  }

  /**
   * Have what is on screen from an earlier answer among these items: it is the one that says the same,
   * or else becomes the last one.
   */
  include({ text, replaces, item: { facts } }: Remainder): OfferedItem {
    const kept = { text, replaces, facts };
    const found = this.items.find((each) => same({ ...each, text: unix(each.text) }, kept));
    if (!found) this.items.push(kept);
    return found ?? kept;
  }

  /** Whether the first item may still become what the user is typing. */
  mayGrowTo(place: Place): boolean {
    const typed = this.typed(place);
    const first = this.items[0];
    if (typed === undefined || !first) return false;
    const text = unix(first.text);
    return text.startsWith(typed) || (this.growing && typed.startsWith(text));
  }

  /** Take more of the first item; false when it is out of date or says nothing new. */
  grow({ seq, version, insertText, done }: Growth): boolean {
    const first = this.items[0];
    // Another version: it is cut for an earlier place of the cursor.
    if (!first || !this.growing || seq <= this.seq || version !== this.version) return false;
    this.seq = seq;
    this.growing = !done;
    if (insertText === first.text || insertText === '') return false;
    first.text = insertText;
    return true;
  }

  /** Whether nothing has been typed or changed since, wherever the cursor stands. */
  isFor(text: string): boolean {
    return text === this.before + this.after;
  }

  /**
   * The item of which the user has accepted a part, and how much: `acceptedLength` counts UTF-16 code
   * units from its start. The one that was on screen is tried first.
   */
  acceptedPart(
    place: Place,
    onScreen: OfferedItem | undefined,
  ): { item: OfferedItem; acceptedLength: number } | undefined {
    const typed = this.typed(place);
    if (!typed) return undefined;
    const item = [...(onScreen ? [onScreen] : []), ...this.items].find((each) =>
      unix(each.text).startsWith(typed),
    );
    return item && { item, acceptedLength: lengthIn(item.text, typed.length) };
  }
}

/** The length of a text's beginning that is so long when its line ends count one. */
function lengthIn(text: string, length: number): number {
  let end = 0;
  for (let left = length; left > 0; left -= 1) end += text.startsWith('\r\n', end) ? 2 : 1;
  return end;
}

function same(one: Omit<Remainder, 'item'>, other: Omit<Remainder, 'item'>): boolean {
  return one.text === other.text && one.replaces === other.replaces;
}

function sameSelection(one: Selected | undefined, other: Selected | undefined): boolean {
  return one?.text === other?.text && one?.start === other?.start;
}
