// Walks through the console in headless Chromium and prints what it saw as one JSON object.
// usage: node drive.mjs '{"url": …, "chromium": …, "modules": …, "shots": …, "headers": …}'
import { createRequire } from 'node:module';
import path from 'node:path';

const task = JSON.parse(process.argv[2]);
const { chromium } = createRequire(path.join(task.modules, 'package.json'))('playwright-core');

const FLAGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  // The network is cut: no name but the server's own address resolves.
  '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1',
];
const SIZES = [
  { width: 1440, height: 900 },
  { width: 1024, height: 700 },
];
const seen = { requests: [], failed: [], sockets: [], console: [], violations: [] };

const browser = await chromium.launch({ executablePath: task.chromium, args: FLAGS });
try {
  const page = await openConsole();
  const report = {};
  report.tabs = await page.locator('[role=tab]').allInnerTexts();
  report.title = await page.title();
  report.docs = await readDocs(page);
  report.unexplained = await openPanel(page, 'Plan');
  report.answer = await runTab(page, 'Protocol');
  report.plan = await runExplained(page);
  report.analyzed = await runAnalyzed(page);
  report.plain = await runPlain(page);
  report.subscription = await subscribe(page);
  report.history = await openPanel(page, 'History');
  report.examples = await openExample(page);
  report.reopened = await reload(page);
  await takeShots(page);
  console.log(JSON.stringify({ ...report, seen }));
} catch (error) {
  const page = browser.contexts()[0]?.pages()[0];
  if (task.shots) await page?.screenshot({ path: path.join(task.shots, 'failure.png') });
  console.error(await page?.locator('body').innerText(), seen.console, seen.violations, seen.failed);
  throw error;
} finally {
  await browser.close();
}

async function openConsole() {
  const context = await browser.newContext({ viewport: SIZES[0], colorScheme: 'light' });
  context.setDefaultTimeout(task.patienceMs ?? 45_000);
  context.on('request', (request) => seen.requests.push({ url: request.url(), headers: request.headers() }));
  context.on('requestfailed', (request) => seen.failed.push(`${request.url()} ${request.failure()?.errorText}`));
  context.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) seen.console.push(message.text());
  });
  context.on('weberror', (error) => seen.console.push(String(error.error())));
  await context.exposeFunction('reportViolation', (text) => seen.violations.push(text));
  await context.addInitScript(() => {
    document.addEventListener('securitypolicyviolation', (event) => {
      window.reportViolation(`${event.violatedDirective} ${event.blockedURI}`);
    });
    window.modelOf = (name) => window.__MONACO.editor.getModels().find(({ uri }) => uri.path.endsWith(name));
  });
  const page = await context.newPage();
  page.on('websocket', (socket) => {
    const entry = { url: socket.url(), sent: [] };
    seen.sockets.push(entry);
    socket.on('framesent', ({ payload }) => entry.sent.push(String(payload)));
  });
  await page.goto(task.url);
  await editorReady(page);
  return page;
}

/** Both editors are drawn, and the workers' model of the operation exists. */
async function editorReady(page) {
  await page.locator('.graphiql-query-editor .view-line').first().waitFor();
  await page.locator('.graphiql-response .monaco-editor').first().waitFor();
}

async function readDocs(page) {
  await page.getByRole('button', { name: 'Show Documentation Explorer' }).click();
  const docs = page.locator('.graphiql-doc-explorer');
  await docs.getByText('Query', { exact: true }).click();
  await docs.locator('.graphiql-doc-explorer-title', { hasText: 'Query' }).waitFor();
  const text = await docs.innerText();
  await page.getByRole('button', { name: 'Hide Documentation Explorer' }).click();
  return text;
}

async function openPanel(page, name) {
  await page.getByRole('button', { name: `Show ${name}`, exact: true }).click();
  await page.locator('.graphiql-plugin > *').first().waitFor();
  return page.locator('.graphiql-plugin').innerText();
}

async function runTab(page, name) {
  await openTab(page, name);
  await execute(page);
  return answer(page);
}

/** Switch to an example's tab and wait until its text is the one in the editor. */
async function openTab(page, name) {
  await page.locator('[role=tab]').filter({ hasText: name }).click();
  await page.waitForFunction(
    (wanted) => new RegExp(`(query|subscription) ${wanted}\\b`).test(window.modelOf('operation.graphql').getValue()),
    name,
  );
}

async function runExplained(page) {
  await explainSwitch(page).check();
  await execute(page);
  await page.locator('.plan-step').first().waitFor();
  const step = page.locator('.plan-step').first();
  await step.locator('summary').first().click();
  return {
    steps: await readSteps(page),
    statement: await step.locator('pre').first().innerText(),
    summary: await page.locator('.plan-summary').innerText(),
    badges: await page.locator('.badge').allInnerTexts(),
    storePlans: await page.locator('.store-plan').count(),
  };
}

/** The same query once more, with the plans of the stores. */
async function runAnalyzed(page) {
  await page.getByRole('switch', { name: /^Analyze/ }).check();
  await execute(page);
  await page.locator('.store-plan').first().waitFor({ state: 'attached' });
  const badges = await page.locator('.badge').allInnerTexts();
  const steps = await readSteps(page);
  await page.locator('.plan-step summary').first().click();
  const block = page.locator('.store-plan').first();
  const shown = await block.locator('pre').isVisible();
  await block.locator('summary').click();
  const folded = !(await block.locator('pre').isVisible());
  await page.getByRole('switch', { name: /^Analyze/ }).uncheck();
  return { badges, steps, shown, folded, explain: await explainSwitch(page).isChecked() };
}

/** The same query on graphql-core, which has no plan. */
async function runPlain(page) {
  await page.getByRole('button', { name: 'Headers', exact: true }).click();
  await write(page, 'request-headers.json', JSON.stringify({ 'X-Executor': 'plain' }));
  await execute(page);
  await page.locator('.badge[data-executor=plain]').waitFor();
  const badges = await page.locator('.badge').allInnerTexts();
  const steps = await readSteps(page);
  await write(page, 'request-headers.json', '');
  return { badges, steps };
}

function explainSwitch(page) {
  return page.getByRole('switch', { name: /^Explain/ });
}

async function readSteps(page) {
  return page.locator('.plan-step').evaluateAll((steps) =>
    steps.map((step) => ({
      step: step.querySelector('.plan-number').textContent,
      path: step.querySelector('.plan-path')?.textContent ?? null,
      store: step.querySelector('.store').textContent,
      call: step.querySelector('.plan-call').textContent.trim(),
      figures: step.querySelectorAll('.plan-figure').length,
      indent: parseFloat(getComputedStyle(step.querySelector('.plan-name')).paddingLeft),
      storePlan: step.querySelector('.store-plan pre')?.textContent ?? null,
    })),
  );
}

async function subscribe(page) {
  await openTab(page, 'LivePrices');
  await page.getByRole('button', { name: 'Headers', exact: true }).click();
  await write(page, 'request-headers.json', JSON.stringify(task.headers));
  await execute(page);
  const first = await answer(page);
  const second = await answer(page, first);
  await page.getByRole('button', { name: 'Stop query' }).click();
  return [first, second];
}

async function openExample(page) {
  await openPanel(page, 'Examples');
  const titles = await page.locator('.example strong').allInnerTexts();
  const before = await page.locator('[role=tab]').count();
  await page.locator('.example').first().click();
  await page.locator('.graphiql-query-editor .view-line').first().waitFor();
  return { titles, tabsAdded: (await page.locator('[role=tab]').count()) - before, query: await read(page, 'operation.graphql') };
}

/** A second visit finds the tabs and the switch as they were left. */
async function reload(page) {
  await page.reload();
  await editorReady(page);
  await page.getByRole('button', { name: /Show Plan/ }).click();
  return { tabs: await page.locator('[role=tab]').count(), explain: await explainSwitch(page).isChecked() };
}

/** Pictures of the answer with each panel open, light and dark. */
async function takeShots(page) {
  if (!task.shots) return;
  await runTab(page, 'Protocol');
  for (const panel of ['Plan', 'Documentation Explorer', 'Examples', null]) {
    await showOnly(page, panel);
    await widen(page, panel === 'Plan' ? 170 : 0);
    for (const colorScheme of ['light', 'dark']) {
      await page.emulateMedia({ colorScheme });
      for (const size of SIZES) {
        await page.setViewportSize(size);
        await page.waitForTimeout(1_000); // the editor colours what is in view bit by bit
        const name = [panel?.split(' ')[0].toLowerCase() ?? 'console', colorScheme, size.width].join('-');
        await page.screenshot({ path: path.join(task.shots, `${name}.png`) });
      }
    }
  }
}

/** Open one panel, or close the one that is open. */
async function showOnly(page, panel) {
  const hide = page.getByRole('button', { name: panel ? `Hide ${panel}` : /^Hide (Plan|Doc|Examples|History)/ });
  const shown = (await hide.count()) > 0;
  if (panel && !shown) await page.getByRole('button', { name: `Show ${panel}`, exact: true }).click();
  if (!panel && shown) await hide.click();
}

/** Make the open panel wider by dragging its edge. */
async function widen(page, pixels) {
  if (!pixels) return;
  await page.setViewportSize(SIZES[0]);
  const edge = await page.locator('.graphiql-horizontal-drag-bar').first().boundingBox();
  const [x, y] = [edge.x + edge.width / 2, edge.y + edge.height / 2];
  await page.mouse.move(x, y);
  await page.mouse.down();
  await page.mouse.move(x + pixels, y, { steps: 5 });
  await page.mouse.up();
}

async function execute(page) {
  await page.getByRole('button', { name: /Execute query/ }).click();
}

/** Wait for an answer other than `before`; read from the model, as the editor draws only the lines in view. */
async function answer(page, before = null) {
  const found = await page.waitForFunction((previous) => {
    const text = window.modelOf('response.json')?.getValue() ?? '';
    return text.includes('"data"') && text !== previous ? text : null;
  }, before);
  return found.jsonValue();
}

async function write(page, file, text) {
  await page.evaluate(([name, value]) => window.modelOf(name).setValue(value), [file, text]);
}

async function read(page, file) {
  return page.evaluate((name) => window.modelOf(name).getValue(), file);
}
