import { describe, expect, it } from 'vitest';
import { Offer, type OfferedItem, type Place } from '../src/offer';

/** A place from a text with a `|` where the cursor stands. */
function at(marked: string, more: Partial<Place> = {}): Place {
  const offset = marked.indexOf('|');
  return { uri: 'file:///a.py', version: 1, text: marked.replace('|', ''), offset, ...more };
}

function item(text: string, index = 0, replaces = 0): OfferedItem {
  const facts = {
    id: '7',
    index,
    meanLogprob: -0.5,
    confidence: 0.5,
    tokens: 3,
    agreement: 1,
    origin: 'model',
  };
  return { text, replaces, facts };
}

const texts = (offer: Offer, place: Place) => offer.remainders(place).map(({ text }) => text);

describe('what is typed through', () => {
  const offer = () => new Offer(at('x = |\n'), [item('foo(a)'), item('food', 1), item('bar', 2)]);

  it('is left out of what is shown', () => {
    expect(texts(offer(), at('x = |\n'))).toEqual(['foo(a)', 'food', 'bar']);
    expect(texts(offer(), at('x = foo|\n'))).toEqual(['(a)', 'd']);
  });

  it('is offered once where candidates have come to say the same', () => {
    const grown = new Offer(at('|'), [item('a'), item('a\nb', 1), item('a\nb', 2, 1)]);
    grown.grow({ seq: 1, version: 1, insertText: 'a\nb', done: true });
    expect(grown.remainders(at('|')).map(({ item: { facts } }) => facts.index)).toEqual([0, 2]);
  });

  it('takes in what is on screen from an earlier answer', () => {
    const later = new Offer(at('|'), [item('a'), item('b\r\n', 1)]);
    const left = (text: string) => ({ text, replaces: 0, item: item(`x${text}`) });
    expect(later.include(left('b\n'))).toBe(later.items[1]);
    expect(later.include(left('c'))).toMatchObject({ text: 'c', facts: { index: 0 } });
    expect(texts(later, at('|'))).toEqual(['a', 'b\n', 'c']);
  });

  it('ends when all of it is typed, or another candidate is meant', () => {
    expect(texts(offer(), at('x = foo(a)|\n'))).toEqual([]);
    expect(texts(offer(), at('x = food|\n'))).toEqual([]);
    expect(texts(offer(), at('x = z|\n'))).toEqual([]);
  });

  it('ends when something else of the document has changed', () => {
    expect(texts(offer(), at('y = f|\n'))).toEqual([]);
    expect(texts(offer(), at('x = f|)\n'))).toEqual([]);
    expect(texts(offer(), at('x = f|\n', { uri: 'file:///b.py' }))).toEqual([]);
    expect(texts(offer(), at('x =| \n'))).toEqual([]);
  });

  it('keeps what is replaced right of the cursor', () => {
    const closed = new Offer(at('print(|)'), [item('x)', 0, 1)]);
    expect(closed.remainders(at('print(x|)'))).toMatchObject([{ text: ')', replaces: 1 }]);
  });

  it('may end its lines in another way than the document', () => {
    const lines = new Offer(at('if x:|\r\n'), [item('\n    y()')]);
    expect(texts(lines, at('if x:\r\n    |\r\n'))).toEqual(['y()']);
  });

  it('counts for one selection of the suggest widget only', () => {
    const selected = { text: 'append', start: 2 };
    const widget = new Offer(at('a.|', { selected }), [item('append(1)')]);
    expect(texts(widget, at('a.|', { selected }))).toEqual(['append(1)']);
    expect(texts(widget, at('a.|', { selected: { text: 'clear', start: 2 } }))).toEqual([]);
    expect(texts(widget, at('a.|'))).toEqual([]);
  });
});

describe('growing', () => {
  it('takes what is newer, for its own version, until it is done', () => {
    const offer = new Offer(at('|'), [item('a')]);
    expect(offer.grow({ seq: 1, version: 1, insertText: 'a\nb', done: false })).toBe(true);
    expect(offer.grow({ seq: 1, version: 1, insertText: 'old', done: false })).toBe(false);
    expect(offer.grow({ seq: 2, version: 9, insertText: 'else', done: false })).toBe(false);
    expect(offer.grow({ seq: 3, version: 1, insertText: 'a\nb\nc', done: true })).toBe(true);
    expect(offer.growing).toBe(false);
    expect(offer.grow({ seq: 4, version: 1, insertText: 'more', done: true })).toBe(false);
    expect(texts(offer, at('|'))).toEqual(['a\nb\nc']);
  });

  it('may lose a half line at its end', () => {
    const offer = new Offer(at('|'), [item('a\nbc')]);
    expect(offer.grow({ seq: 1, version: 1, insertText: 'a', done: true })).toBe(true);
    expect(texts(offer, at('|'))).toEqual(['a']);
  });

  it('goes on while the user types ahead of it, and only then', () => {
    const offer = new Offer(at('|'), [item('a')]);
    expect(offer.mayGrowTo(at('ab|'))).toBe(true);
    expect(offer.mayGrowTo(at('b|'))).toBe(false);
    offer.grow({ seq: 1, version: 1, insertText: 'a', done: true });
    expect(offer.mayGrowTo(at('ab|'))).toBe(false);
  });
});

describe('a part that was accepted', () => {
  it('is counted from the start of the item that was on screen', () => {
    const onScreen = item('foo(b)', 1);
    const offer = new Offer(at('|'), [item('foo(a)'), onScreen]);
    expect(offer.acceptedPart(at('foo(|'), onScreen)).toMatchObject({
      item: { text: 'foo(b)' },
      acceptedLength: 4,
    });
    expect(offer.acceptedPart(at('foo(a|'), onScreen)).toMatchObject({
      item: { text: 'foo(a)' },
      acceptedLength: 5,
    });
    expect(offer.acceptedPart(at('|'), onScreen)).toBeUndefined();
    expect(offer.acceptedPart(at('z|'), onScreen)).toBeUndefined();
  });
});

it('counts an accepted part with the line ends of the server', () => {
  const offer = new Offer(at('|'), [item('if a:\r\n  b()\r\nc')]);
  expect(offer.acceptedPart(at('if a:\r\n  b|'), undefined)?.acceptedLength).toBe(10);
  expect(offer.acceptedPart(at('if a:\n  b()\n|'), undefined)?.acceptedLength).toBe(14);
});

it('knows whether anything was changed', () => {
  const offer = new Offer(at('a|b'), [item('x')]);
  expect(offer.isFor('ab')).toBe(true);
  expect(offer.isFor('axb')).toBe(false);
});
