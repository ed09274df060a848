/** What a user does, in real VS Code with the real server and the real model. */
import { afterAll, afterEach, beforeAll, describe } from 'vitest';
import { acceptScenarios } from './accepting';
import { accessibilityScenarios } from './accessibility';
import { controlScenarios } from './controlling';
import { editScenarios } from './editing';
import { panelScenarios } from './panels';
import { Session } from './session';
import { setUpScenarios } from './settingUp';

let session: Session;

beforeAll(async () => {
  session = await Session.start();
});

afterEach(async ({ task }) => {
  if (task.result?.state === 'fail') await session.picture(`failed: ${task.name}`);
  await session.tidy();
});

afterAll(() => session?.close());

describe('setting up', () => setUpScenarios(() => session));
describe('completing', () => acceptScenarios(() => session));
describe('editing', () => editScenarios(() => session));
describe('panels', () => panelScenarios(() => session));
describe('accessibility', () => accessibilityScenarios(() => session));
describe('control', () => controlScenarios(() => session));
