import { beforeEach, describe, expect, it, vi } from 'vitest';
import * as editors from './editor';

vi.mock('vscode', () => import('./editor'));
vi.mock('../src/client', () => ({ documentSelector: [] }));

const { Ghost } = await import('../src/ghost');
const { Panels } = await import('../src/panels');
const { Switch } = await import('../src/switches');

const { Automatic, Invoke } = editors.InlineCompletionTriggerKind;

function open(text: string, ...answers: string[]) {
  const editor = new editors.Editor(text);
  const switches = new Switch(new editors.Memento() as never);
  const ghost = new Ghost('x:*', switches);
  const client = new editors.Client();
  client.answers = answers;
  ghost.use(client as never);
  const ask = async (triggerKind: number) => {
    const token = new editors.CancellationTokenSource().token;
    const place = [editor, editor.selection.active, { triggerKind }, token] as const;
    const items = await ghost.provideInlineCompletionItems(...(place as never as Parameters));
    return items.map(({ insertText }) => insertText);
  };
  return { editor, switches, ghost, client, ask };
}

type Parameters = globalThis.Parameters<InstanceType<typeof Ghost>['provideInlineCompletionItems']>;

beforeEach(() => {
  for (const name of Object.keys(editors.does)) delete editors.does[name];
  editors.panels.length = 0;
  editors.configure({ enable: true, disabledLanguages: [] });
  editors.executed.length = 0;
});

describe('the candidate on screen', () => {
  /** Cycling has VS Code ask for all of them, once for each version of the document. */
  const cycling = ({ editor, ask }: ReturnType<typeof open>) => {
    const lists: unknown[] = [];
    let asked = 0;
    for (const name of ['showNext', 'showPrevious'])
      editors.does[`editor.action.inlineSuggest.${name}`] = async () => {
        if (asked !== editor.version) lists.push(await ask(Invoke));
        asked = editor.version;
      };
    return lists;
  };

  it('is one of those that agree with what was typed', async () => {
    const opened = open('x = ', 'foo(a)', 'bar', 'foo(b)');
    const { editor, ghost, client, ask } = opened;
    const lists = cycling(opened);
    await ask(Automatic);
    editor.type('f');
    expect(await ask(Automatic)).toEqual(['oo(a)', 'oo(b)']);
    client.told.length = 0;
    await ghost.cycle(1);
    expect(lists).toEqual([['oo(a)', 'oo(b)']]);
    expect(client.items('didShow')).toEqual(['foo(b)']);
    expect(ghost.candidate).toBe('2/2 · 70 %');
    await ghost.cycle(-1);
    expect(ghost.candidate).toBe('');
    await ghost.cycle(-1);
    expect(client.items('didShow')).toEqual(['foo(b)', 'foo(a)', 'foo(b)']);
  });

  it('is the one of which a part is accepted, also when VS Code asks for the rest before that is over', async () => {
    const opened = open('x = ', 'foo(a)', 'bar', 'foo(b)');
    const { editor, ghost, client, ask } = opened;
    cycling(opened);
    await ask(Automatic);
    editor.type('f');
    await ask(Automatic);
    await ghost.cycle(1);
    editors.does['editor.action.inlineSuggest.acceptNextWord'] = () => {
      editor.type('oo');
      return ask(Automatic);
    };
    await ghost.acceptPart('acceptNextWord');
    expect(client.items('didPartially')).toEqual([['foo(b)', 3]]);
  });

  it('is the first again after typing, and the status bar hears of it', async () => {
    const opened = open('x = ', 'foo(a)', 'foo(b)', 'bar');
    const { editor, ghost, ask } = opened;
    cycling(opened);
    await ask(Automatic);
    await ghost.cycle(1);
    expect(ghost.candidate).toBe('2/3 · 80 %');
    const seen: string[] = [];
    ghost.onChange(() => seen.push(ghost.candidate));
    editor.type('f');
    await ask(Automatic);
    expect(seen).toEqual(['']);
  });

  it('stays while the first one grows, and is where VS Code goes on from', async () => {
    const opened = open('x = ', 'a', 'b', 'c');
    const { ghost, client, ask } = opened;
    editors.does['editor.action.inlineSuggest.trigger'] = () => ask(Automatic);
    await ask(Automatic);
    cycling(opened);
    await ghost.cycle(1);
    client.grow(1, 'a\nmore');
    await vi.waitFor(() => expect(editors.executed).toContain('editor.action.inlineSuggest.trigger'));
    expect(ghost.candidate).toBe('2/3 · 80 %');
    client.told.length = 0;
    // It has asked otherwise since.
    const lists = cycling(opened);
    await ghost.cycle(1);
    expect(lists).toEqual([['b', 'a\nmore', 'c']]);
    expect(client.items('didShow')).toEqual(['a\nmore']);
  });

  it('stays in front of what the server brings when it was the only one', async () => {
    const opened = open('x = ', 'foo(a)', 'bar');
    const { editor, ghost, client, ask } = opened;
    const lists = cycling(opened);
    await ask(Automatic);
    editor.type('f');
    expect(await ask(Automatic)).toEqual(['oo(a)']);
    client.answers = ['oo(c)', 'oo(d)'];
    await ghost.cycle(1);
    expect(lists).toEqual([['oo(a)', 'oo(c)', 'oo(d)']]);
    expect(client.items('didShow').at(-1)).toEqual('oo(c)');
    await ghost.cycle(-1);
    editors.does['editor.action.inlineSuggest.acceptNextWord'] = () => editor.type('oo');
    await ghost.acceptPart('acceptNextWord');
    expect(client.items('didPartially')).toEqual([['oo(a)', 2]]);
  });
});

describe('once it is switched off', () => {
  type Opened = ReturnType<typeof open>;
  const ways: [string, (opened: Opened) => unknown][] = [
    ['everywhere', () => editors.configure({ enable: false })],
    ['for the language', () => editors.configure({ disabledLanguages: ['python'] })],
    ['for the file', ({ switches, editor }) => switches.toggleFile(editor.uri as never)],
  ];

  it.each(ways)('%s, what was brought before is gone, and grows no more', async (_, switchOff) => {
    const opened = open('x = ', 'foo(a)', 'foo(b)');
    const { editor, ghost, client, ask } = opened;
    await ask(Automatic);
    await switchOff(opened);
    expect(ghost.offer).toBeUndefined();
    expect(client.cancelled).toEqual(['1']);
    expect(editors.executed).toContain('editor.action.inlineSuggest.hide');
    client.grow(1, 'foo(a)\nmore');
    editor.type('f');
    expect(await ask(Automatic)).toEqual([]);
  });

  it('what was asked for before is not shown either', async () => {
    const { client, ask, ghost } = open('x = ', 'foo(a)');
    let answer = () => {};
    client.wait = new Promise<void>((resolve) => {
      answer = resolve;
    });
    const asked = ask(Automatic);
    editors.configure({ enable: false });
    answer();
    expect(await asked).toEqual([]);
    expect(ghost.offer).toBeUndefined();
    expect(client.cancelled).toEqual(['1']);
  });

  it('for another language, it stays', async () => {
    const { client, ask, ghost } = open('x = ', 'foo(a)');
    await ask(Automatic);
    editors.configure({ disabledLanguages: ['rust'] });
    expect(ghost.offer).toBeDefined();
    expect(client.cancelled).toEqual([]);
    expect(editors.executed).not.toContain('editor.action.inlineSuggest.hide');
  });
});

describe('the list of all candidates', () => {
  const list = async (opened: ReturnType<typeof open>) => {
    const panels = new Panels({ client: opened.client } as never, opened.ghost);
    await panels.showCandidates();
    const panel = editors.panels[0] as editors.Panel;
    const texts = () => [...panel.webview.html.matchAll(/<pre>(.*?)<\/pre>/gs)].map(([, text]) => text);
    const insert = () => editors.does['codexLsp.internal.insert']?.(0 as never);
    return { panel, panels, texts, insert };
  };

  it('grows, and what it shows is inserted', async () => {
    const opened = open('', 'for a in b:', 'pass');
    const { texts, insert } = await list(opened);
    expect(texts()).toEqual(['for a in b:', 'pass']);
    opened.client.grow(1, 'for a in b:\n    c(');
    opened.client.grow(2, 'for a in b:\n    c()', 1, true);
    expect(texts()).toEqual(['for a in b:\n    c()', 'pass']);
    await insert();
    expect(opened.editor.getText()).toBe('for a in b:\n    c()');
    expect(opened.ghost.offer).toBeUndefined();
  });

  it('shows what has come before the answer itself', async () => {
    const opened = open('', 'for a in b:');
    opened.client.wait = Promise.resolve().then(() => opened.client.grow(1, 'for a in b:\n    c()'));
    const { texts } = await list(opened);
    expect(texts()).toEqual(['for a in b:\n    c()']);
  });

  it('inserts what was shown when it was chosen', async () => {
    const opened = open('', 'a');
    const { insert } = await list(opened);
    const inserted = insert();
    opened.client.grow(1, 'a\nmore');
    await inserted;
    expect(opened.editor.getText()).toBe('a');
  });

  it('stays as it is once the document has changed, also when that is undone', async () => {
    const opened = open('', 'a');
    const { editor, client } = opened;
    const { panel, texts, insert } = await list(opened);
    editor.type('x');
    client.grow(1, 'a\nb');
    await editor.edit(({ replace }) =>
      replace(new editors.Range(editor.positionAt(0), editor.positionAt(1)), ''),
    );
    client.grow(2, 'a\nb\nc');
    expect(texts()).toEqual(['a']);
    await insert();
    expect(editor.getText()).toBe('a');
    panel.dispose();
    expect(client.cancelled).toEqual([]);
  });

  it('ends when its page is closed, switched off, or made anew', async () => {
    const opened = open('', 'a');
    const { panel, panels } = await list(opened);
    await panels.showCandidates();
    expect(opened.client.cancelled).toEqual(['1']);
    panel.dispose();
    expect(opened.client.cancelled).toEqual(['1', '2']);
    const { html } = panel.webview;
    opened.client.grow(1, 'a\nb');
    expect(panel.webview.html).toBe(html);
    await panels.showCandidates();
    editors.configure({ enable: false });
    expect(opened.client.cancelled).toEqual(['1', '2', '3']);
  });
});
