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
  // A column that is too narrow breaks its words anywhere.
  const narrow = await page.$$eval('main th[scope=row], main button', all => all.filter(one => {
    const range = document.createRange();
    range.selectNodeContents(one);
    const lines = new Set([...range.getClientRects()].map(box => Math.round(box.bottom))).size;
    return one.checkVisibility() && lines > 4;
  }).map(one => one.textContent.trim()));
  assert.deepEqual(narrow, [], page.url());
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
    // Every page of an empty library leads there.
    await page.goto('/topics');
    await page.waitForURL(url => url.pathname === '/');
    await accessible(page);
    await fits(page);
    await page.click('form[action="/sample"] button');
    await page.waitForSelector('.card');
    assert.equal((await order(page)).length, 9);
  });

  await step('a like changes the list on the spot, and comes back', async () => {
    const before = await order(page);
    const last = before.at(-1);
    await page.evaluate(() => { window.notReloaded = true; });
    await page.click(`[data-id="${last}"] [data-key=l]`);
    await page.waitForSelector(`#liked [data-id="${last}"]`);
    assert.equal((await order(page)).length, before.length);
    assert.ok(await page.evaluate(() => window.notReloaded), 'the page was loaded anew');
    assert.equal(await page.getAttribute(`[data-id="${last}"] [data-key=l]`, 'aria-pressed'), 'true');
    await page.click(`[data-id="${last}"] [data-key=l]`);
    await page.waitForSelector('#liked', { state: 'detached' });
    assert.deepEqual(await order(page), before);
  });

  await step('a list is short where that is wanted, and stays so', async () => {
    await page.goto('/');
    assert.ok(await page.isVisible('.card .text'));
    await page.click('form[action="/list"] button');
    await page.waitForSelector('.cards.short');
    assert.ok(!await page.isVisible('.card .text'));
    await accessible(page);
    await page.goto('/');
    assert.ok(!await page.isVisible('.card .text'));
    await page.click('form[action="/list"] button');
    await page.waitForSelector('.cards:not(.short)');
  });

  await step('the keyboard is enough', async () => {
    await page.goto('/');
    await page.keyboard.press('j');
    await page.keyboard.press('j');
    await page.keyboard.press('j');
    await page.keyboard.press('k');
    const [, second] = await order(page);
    assert.equal(await page.evaluate(() => document.activeElement.dataset.id), second);
    await page.keyboard.press('l');
    await page.waitForSelector(`[data-id="${second}"] [data-key=l][aria-pressed=true]`);
    // What is liked goes, and the next paper takes its place.
    await page.waitForFunction(() => document.querySelectorAll('.card')[1] === document.activeElement);
    await page.focus(`[data-id="${second}"]`);
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

  await step('why a score is what it is, as bars that add up', async () => {
    await page.goto('/paper/2404.16030');
    await page.click('.paper > .acts [data-key=l]');
    await page.waitForSelector('.why .total');
    const [parts, total] = await page.$eval('.why table', table => {
      const number = row => Number(row.lastElementChild.textContent);
      return [[...table.rows].slice(0, -1).reduce((sum, row) => sum + number(row), 0), number(table.rows[table.rows.length - 1])];
    });
    assert.ok(Math.abs(parts - total) < 0.05, `${parts} is not ${total}`);
  });

  await step('the map tells titles, zooms, and leads to papers and groups', async () => {
    await page.goto('/topics');
    await page.hover('.map .paper-dot');
    await page.waitForSelector('.map .tip:not([hidden])');
    assert.equal(await page.textContent('.map .tip'), await page.getAttribute('.map .paper-dot', 'aria-label'));
    const before = await page.getAttribute('.map svg', 'viewBox');
    await page.click('[data-do=zoom-in]');
    assert.notEqual(await page.getAttribute('.map svg', 'viewBox'), before);
    await page.click('[data-do=zoom-out]');
    assert.equal(await page.getAttribute('.map svg', 'viewBox'), before);
    await page.focus('.map .place');
    await page.keyboard.press('Enter');
    await page.waitForURL(/\/topics#t-\d+/);
    await page.focus('.map .paper-dot');
    await page.keyboard.press('Enter');
    await page.waitForURL('**/paper/*');
  });

  await step('a topic that is not wanted goes to the end, and comes back', async () => {
    await page.goto('/');
    const id = await page.$eval('.card:has([data-key=n])', card => card.dataset.id);
    await page.click(`[data-id="${id}"] [data-key=n]`);
    await page.waitForSelector('details.group');
    assert.ok(!(await order(page)).includes(id));
    await page.click('details.group summary');
    while (await page.$('details.group')) {
      await page.$eval('details.group', one => { one.open = true; });
      await page.click('details.group button');
      await page.waitForTimeout(300);
    }
    assert.ok((await order(page)).includes(id));
  });

  await step('ten questions are asked, each by the answers before it', async () => {
    await page.goto('/start');
    for (let i = 1; i <= 10; i++) {
      await page.waitForFunction(n => document.querySelector('h2')?.textContent.startsWith(`${n} /`), i);
      await page.click(i % 3 === 0 ? '.asked a.button' : `.asked [value=${i % 2 ? 'dislike' : 'like'}]`);
    }
    await page.waitForFunction(() => !document.querySelector('.asked'));
    assert.ok(await page.$('main a[href="/"]'));
  });

  await step('search answers while one types', async () => {
    await page.goto('/search');
    await page.fill('#search-form [name=q]', '확산 모델');
    await page.waitForSelector('.card[data-id="2404.15449"]');
    await page.fill('#search-form [name=q]', 'camera motion');
    await page.waitForFunction(() => document.querySelector('.card')?.dataset.id === '2404.15789');
  });

  await step('every page is accessible and fits, light and dark, wide and on a phone', async () => {
    run(library, ['like', '2404.15653', '2404.16030']);
    run(library, ['topics', 'follow', 'CLIP']);
    const pages = ['/', '/?by=topic', '/?by=interest', '/paper/2404.16022', '/topics', '/topics?days=30', '/topics/trend?days=92', '/search?q=image+models', '/me', '/start', '/api', '/nowhere'];
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
    for (const [viewport, colorScheme] of [[PHONE, 'light'], [WIDE, 'dark']]) {
      const korean = await reader(address, { locale: 'ko-KR', viewport, colorScheme });
      for (const path of ['/', '/paper/2404.16022', '/topics', '/topics/trend?days=92', '/me', '/start', '/nowhere']) {
        await korean.goto(path);
        assert.equal(await korean.getAttribute('html', 'lang'), 'ko');
        await accessible(korean);
        await fits(korean);
        if (shots) await korean.screenshot({ path: join(shots, `korean${path.replace(/\W+/g, '-')}-${colorScheme}.png`) });
      }
      await korean.context().close();
    }
  });

  await step('without a script, forms do the same', async () => {
    const plain = await reader(address, { javaScriptEnabled: false });
    await plain.goto('/?by=topic');
    const id = await plain.getAttribute('.card:last-of-type', 'data-id');
    await plain.click(`[data-id="${id}"] [data-key=d]`);
    assert.match(plain.url(), /\?by=topic&undo=dislike:[^#]+#p-/);
    assert.equal(await plain.getAttribute(`[data-id="${id}"] [data-key=d]`, 'aria-pressed'), 'true');
    await plain.click('.undo button');
    assert.match(plain.url(), /\?by=topic$/);
    assert.equal(await plain.getAttribute(`[data-id="${id}"] [data-key=d]`, 'aria-pressed'), 'false');
    await plain.fill('.find input', 'diffusion');
    await plain.press('.find input', 'Enter');
    assert.ok((await plain.$$('.card')).length > 3);
    await plain.goto('/topics');
    await plain.click('.group button[value=follow]');
    await plain.waitForSelector('.group button[value=none]');
    await plain.click('.group button[value=none]');
    await plain.goto('/me');
    await plain.click('form[action="/eval"] button');
    assert.match(plain.url(), /\/work\/eval/);
    await plain.waitForURL('**/work/eval-replay');
    await plain.context().close();
  });

  await step('the first page is light, and nothing moves after it', async () => {
    const one = await reader(address);
    const sizes = [];
    one.on('response', response => sizes.push(response.body().then(body => gzipSync(body).length)));
    await one.goto('/', { waitUntil: 'networkidle' });
    const bytes = (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
    assert.ok(sizes.length >= 3, `${sizes.length} answers`);
    const shift = await one.evaluate(() => new Promise(resolve => {
      let sum = 0;
      new PerformanceObserver(list => list.getEntries().forEach(e => { sum += e.value; })).observe({ type: 'layout-shift', buffered: true });
      setTimeout(() => resolve(sum), 300);
    }));
    assert.ok(shift < 0.01, `layout shift ${shift}`);
    assert.ok(bytes > 1_000 && bytes < 60_000, `${bytes} bytes`);
    console.log(`    ${bytes} bytes compressed, in all`);
    await one.context().close();
  });

  await step('the mail reads well on a phone, asks nobody, and has no picture to be turned off', async () => {
    const mail = execFileSync(binary, ['digest', '--format', 'html', '--by-topic', '--library', library, '--quiet']).toString();
    for (const colorScheme of ['light', 'dark']) {
      const context = await browser.newContext({ viewport: PHONE, colorScheme });
      const one = await context.newPage();
      one.on('request', request => { if (!request.url().startsWith('data:')) assert.fail(request.url()); });
      await one.setContent(mail);
      await fits(one);
      assert.equal(await one.$('img'), null);
      assert.ok((await one.$$('h3')).length >= 9);
      assert.ok(await one.$eval('.line', line => parseFloat(getComputedStyle(line).fontSize)) >= 15);
      await accessible(one);
      if (shots) await one.screenshot({ path: join(shots, `mail-${colorScheme}.png`) });
      await context.close();
    }
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
