// Walks through `paperpick serve` as a reader does, in a real Chromium.
//
//   node walk.mjs PAPERPICK [SCREENSHOTS]
//
// PAPERPICK is the binary. With a folder for SCREENSHOTS, pages are kept there, phone and wide, light
// and dark. Needs `chromium`, and playwright-core and axe-core beside this file: see .ci/browser.
import assert from 'node:assert/strict';
import { spawn, execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { chromium } from 'playwright-core';

const [binary, shots] = process.argv.slice(2);
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const WIDE = { width: 1280, height: 900 }, PHONE = { width: 390, height: 844 };

const folders = [], servers = [];
const folder = () => { const made = mkdtempSync(join(tmpdir(), 'paperpick-')); folders.push(made); return made; };
const run = (library, words, input) => execFileSync(binary, [...words, '--library', library, '--quiet'], { input });

async function serve(library) {
  const server = spawn(binary, ['serve', '--port', '0', '--library', library], { stdio: ['ignore', 'inherit', 'pipe'] });
  servers.push(server);
  return new Promise((resolve, reject) => {
    server.once('exit', code => reject(new Error(`the server ended with ${code}`)));
    server.stderr.on('data', text => { const found = /http:\/\/\S+/.exec(text); if (found) resolve(found[0]); });
  });
}

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-dev-shm-usage'],
});

// A browser of one reader. It fails the walk if a page logs an error or asks another host.
async function reader(address, options = {}) {
  const context = await browser.newContext({ viewport: WIDE, baseURL: address, locale: 'en-US', reducedMotion: 'reduce', ...options });
  const page = await context.newPage();
  page.on('request', request => assert.ok(request.url().startsWith(address), `a third party: ${request.url()}`));
  page.on('pageerror', error => { throw error; });
  page.on('console', message => { if (/Content Security Policy|Refused/.test(message.text())) throw new Error(message.text()); });
  return page;
}

const order = page => page.$$eval('.card', cards => cards.map(card => card.dataset.id));

async function accessible(page) {
  // Inside the page, not as a script of it: the page's own policy forbids those.
  const found = await page.evaluate(`(() => { ${axe}; return axe.run(document, { resultTypes: ['violations'] }); })()`);
  const serious = found.violations.filter(v => ['serious', 'critical'].includes(v.impact));
  const text = serious.map(v => `${v.id}: ${v.help}\n  ${v.nodes.map(n => n.html).slice(0, 3).join('\n  ')}`).join('\n');
  assert.equal(text, '', page.url());
}

async function fits(page) {
  const [inner, all] = await page.evaluate(() => [innerWidth, document.documentElement.scrollWidth]);
  assert.ok(all <= inner, `${page.url()} is ${all} wide on a screen of ${inner}`);
}

async function step(name, work) {
  const begin = Date.now();
  await work();
  console.log(`ok  ${name} (${Date.now() - begin} ms)`);
}

try {
  const library = folder();
  const address = await serve(library);
  const page = await reader(address);

  await step('the first visit leads to the sample', async () => {
    await page.goto('/');
    await accessible(page);
    await page.click('form[action="/sample"] button');
    await page.waitForSelector('.card');
    assert.equal((await order(page)).length, 9);
  });

  await step('a like changes the order on the spot, and comes back', async () => {
    const before = await order(page);
    const last = before.at(-1);
    await page.evaluate(() => { window.notReloaded = true; });
    await page.click(`[data-id="${last}"] [data-key=l]`);
    await page.waitForFunction(id => document.querySelector('.card')?.dataset.id === id, last);
    assert.ok(await page.evaluate(() => window.notReloaded), 'the page was loaded anew');
    assert.equal(await page.getAttribute(`[data-id="${last}"] [data-key=l]`, 'aria-pressed'), 'true');
    await page.click(`[data-id="${last}"] [data-key=l]`);
    await page.waitForFunction(id => document.querySelector('.card')?.dataset.id === id, before[0]);
    assert.deepEqual(await order(page), before);
  });

  await step('the keyboard is enough', async () => {
    await page.goto('/');
    await page.keyboard.press('j');
    await page.keyboard.press('j');
    const [, second] = await order(page);
    assert.equal(await page.evaluate(() => document.activeElement.dataset.id), second);
    await page.keyboard.press('l');
    await page.waitForSelector(`[data-id="${second}"] [data-key=l][aria-pressed=true]`);
    await page.waitForFunction(id => document.activeElement.dataset.id === id, second);
    await page.keyboard.press('s');
    await page.waitForSelector(`[data-id="${second}"] [data-key=s][aria-pressed=true]`);
    await page.keyboard.press('?');
    await page.waitForSelector('#help[open]');
    await page.keyboard.press('Escape');
    await page.focus(`[data-id="${second}"]`);
    await page.keyboard.press('o');
    await page.waitForURL(`**/paper/${second}`);
    await page.keyboard.press('d');
    await page.waitForSelector('.paper > .acts [data-key=d][aria-pressed=true]');
    await page.keyboard.press('d');
    await page.waitForSelector('.paper > .acts [data-key=d][aria-pressed=false]');
    await page.keyboard.press('/');
    await page.keyboard.type('CLIP');
    await page.keyboard.press('Enter');
    await page.waitForURL('**/search?q=CLIP');
  });

  await step('search answers while one types', async () => {
    await page.goto('/search');
    await page.fill('#search-form [name=q]', '확산 모델');
    await page.waitForSelector('.card[data-id="2404.15449"]');
    await page.fill('#search-form [name=q]', 'camera motion');
    await page.waitForFunction(() => document.querySelector('.card')?.dataset.id === '2404.15789');
  });

  await step('every page is accessible and fits, light and dark, wide and on a phone', async () => {
    const pages = ['/', '/?by=topic', '/paper/2404.15653', '/topics', '/search?q=image+models', '/me', '/api', '/nowhere'];
    for (const [viewport, width] of [[WIDE, 'wide'], [PHONE, 'phone']]) {
      for (const colorScheme of ['light', 'dark']) {
        const one = await reader(address, { viewport, colorScheme });
        for (const path of pages) {
          await one.goto(path);
          await accessible(one);
          await fits(one);
          if (shots) await one.screenshot({ path: join(shots, `${path.replace(/\W+/g, '-')}-${width}-${colorScheme}.png`) });
        }
        await one.context().close();
      }
    }
    const korean = await reader(address, { locale: 'ko-KR' });
    await korean.goto('/');
    assert.equal(await korean.getAttribute('html', 'lang'), 'ko');
    await accessible(korean);
    if (shots) await korean.screenshot({ path: join(shots, 'korean.png') });
    await korean.context().close();
  });

  await step('without a script, forms do the same', async () => {
    const plain = await reader(address, { javaScriptEnabled: false });
    await plain.goto('/?by=topic');
    const id = await plain.getAttribute('.card:last-of-type', 'data-id');
    await plain.click(`[data-id="${id}"] [data-key=d]`);
    assert.match(plain.url(), /\?by=topic#p-/);
    assert.equal(await plain.getAttribute(`[data-id="${id}"] [data-key=d]`, 'aria-pressed'), 'true');
    await plain.click(`[data-id="${id}"] [data-key=d]`);
    await plain.fill('.find input', 'diffusion');
    await plain.press('.find input', 'Enter');
    assert.ok((await plain.$$('.card')).length > 3);
    await plain.context().close();
  });

  await step('the first page is light, and nothing moves after it', async () => {
    const one = await reader(address);
    let bytes = 0;
    one.on('response', async response => {
      if (response.status() === 200) bytes += gzipSync(await response.body()).length;
    });
    await one.goto('/', { waitUntil: 'networkidle' });
    const shift = await one.evaluate(() => new Promise(resolve => {
      let sum = 0;
      new PerformanceObserver(list => list.getEntries().forEach(e => { sum += e.value; })).observe({ type: 'layout-shift', buffered: true });
      setTimeout(() => resolve(sum), 300);
    }));
    assert.ok(shift < 0.01, `layout shift ${shift}`);
    assert.ok(bytes > 0 && bytes < 60_000, `${bytes} bytes`);
    console.log(`    ${bytes} bytes compressed, in all`);
    await one.context().close();
  });

  await step('two readers do not see each other', async () => {
    const shared = folder();
    run(shared, ['import', join(import.meta.dirname, '../../data/sample')]);
    run(shared, ['account', 'add', 'ada'], 'correct horse\n');
    run(shared, ['account', 'add', 'bob'], 'battery staple\n');
    const both = await serve(shared);
    const readers = [];
    for (const [name, password] of [['ada', 'correct horse'], ['bob', 'battery staple']]) {
      const one = await reader(both);
      await one.goto('/me');
      await accessible(one);
      await one.fill('[name=name]', name);
      await one.fill('[name=password]', password);
      await one.click('main button');
      await one.waitForURL('**/me');
      readers.push(one);
    }
    const [ada, bob] = readers;
    await ada.goto('/');
    await ada.click('.card:last-child [data-key=l]');
    await ada.waitForSelector('.card [data-key=l][aria-pressed=true]');
    await bob.goto('/');
    assert.equal(await bob.$('.card [aria-pressed=true]'), null);
    await bob.goto('/me');
    await accessible(bob);
    await bob.click('form[action="/sign-out"] button');
    await bob.waitForURL('**/sign-in**');
  });
} finally {
  await browser.close();
  servers.forEach(server => { server.removeAllListeners('exit'); server.kill(); });
  await Promise.all(servers.map(server => server.exitCode !== null || new Promise(done => server.once('exit', done))));
  folders.forEach(made => rmSync(made, { recursive: true, force: true }));
}
