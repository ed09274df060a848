/** What a user does, in real VS Code with the real server and the real model. */
import { afterAll, afterEach, beforeAll, describe, it } from 'vitest';
import { acceptScenarios } from './accepting';
import { controlScenarios } from './controlling';
import { panelScenarios } from './panels';
import { Session } from './session';

let session: Session;

beforeAll(async () => {
  session = await Session.start();
});

afterEach(async ({ task }) => {
  if (task.result?.state === 'fail') await session.picture('failed');
  else await session.tidy();
});

afterAll(() => session?.close());

describe('setting up', () => {
  it('installs the server and gets the model in one click', { timeout: 240_000 }, async () => {
    await session.status('not set up');
    await session.picture('set-up');
    await session.button('Set Up').click();
    await session.status('ready');
  });
});

describe('completing', () => acceptScenarios(() => session));
describe('panels', () => panelScenarios(() => session));
describe('control', () => controlScenarios(() => session));
