// Makes the pages quicker; all of them work without it.
'use strict';
const $ = (selector, from = document) => from.querySelector(selector);
const $$ = (selector, from = document) => [...from.querySelectorAll(selector)];
const say = text => { $('#said').textContent = text; };

$$('.scripted').forEach(element => { element.hidden = false; });

// Takes the main part of a page of this server and puts it in place of the present one.
let latest = 0;
async function renew(address) {
  const mine = ++latest;
  const answer = await fetch(address, { headers: { accept: 'text/html' } });
  const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
  if (mine !== latest) return;
  const part = $('#renewed') ? '#renewed' : '#main';
  const held = document.activeElement.closest('.card')?.id;
  const before = held && document.getElementById(held);
  const top = before?.getBoundingClientRect().top, place = $$('.card').indexOf(before);
  const goes = before && !before.closest('#liked');
  const swap = () => {
    $(part).replaceWith(document.adoptNode($(part, page)));
    let card = held && document.getElementById(held);
    // One that goes to those that are liked leaves its place to the next.
    if (goes && card?.closest('#liked')) card = $$('.card')[place];
    if (!card) return;
    card.focus({ preventScroll: true });
    // The paper under the reader's eyes stays there while the others move.
    scrollBy(0, card.getBoundingClientRect().top - top);
  };
  const calm = matchMedia('(prefers-reduced-motion: reduce)').matches;
  if (document.startViewTransition && !calm) await document.startViewTransition(swap).updateCallbackDone;
  else swap();
  afterSwap();
}

// Ratings and saving: sent on the spot, and the list comes back in its new order.
document.addEventListener('submit', async event => {
  const form = event.target;
  if (!form.matches('.acts')) return;
  event.preventDefault();
  const button = event.submitter;
  const card = form.closest('.card');
  if (card) card.focus({ preventScroll: true });
  const fields = new URLSearchParams(new FormData(form, button));
  try {
    const address = button.getAttribute('formaction') ?? form.getAttribute('action');
    const answer = await fetch(address, { method: 'POST', body: fields });
    if (!answer.ok) throw new Error(answer.status);
    // The page that the form leads to says what can be taken back.
    const said = new DOMParser().parseFromString(await answer.text(), 'text/html');
    const undone = $('#undone', said);
    say(`${button.firstElementChild.nextSibling.textContent.trim()} ✓`);
    await renew(location.href);
    if (undone) $('#undone').replaceWith(document.adoptNode(undone));
  } catch {
    form.submit();
  }
});

// Search while typing.
let typing;
document.addEventListener('input', event => {
  const form = event.target.closest('form');
  if (event.target.name !== 'q' || !$('#search-form')) return;
  clearTimeout(typing);
  typing = setTimeout(() => {
    if (form.matches('.find')) $('#search-form [name=q]').value = event.target.value;
    const address = '/search?' + new URLSearchParams([...new FormData($('#search-form'))].filter(pair => pair[1]));
    history.replaceState(null, '', address);
    renew(address);
  }, 150);
});

// Keys, as in feed readers.
function move(step) {
  const cards = $$('.card');
  const at = cards.indexOf(document.activeElement.closest('.card'));
  const seen = cards.findIndex(card => card.getBoundingClientRect().bottom > 80);
  const next = cards[at < 0 ? Math.max(seen, 0) : Math.min(Math.max(at + step, 0), cards.length - 1)];
  if (next) { next.focus(); next.scrollIntoView({ block: 'nearest' }); }
}
const help = () => { if (!$('#help').open) $('#help').showModal(); };
document.addEventListener('keydown', event => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  if (event.target.closest('input, select, textarea, dialog')) return;
  const card = document.activeElement.closest('.card') || ($('.paper .acts') ? $('.paper') : null);
  const act = { l: 'l', d: 'd', s: 's', n: 'n' }[event.key];
  if (event.key === 'j') move(1);
  else if (event.key === 'k') move(-1);
  else if (act && card) $(`[data-key=${act}]`, card)?.click();
  else if ((event.key === 'o' || event.key === 'Enter') && event.target.matches('.card')) $('h3 a', card).click();
  else if (event.key === '?') help();
  else if (event.key === '/') $('#search-form [name=q], .find input').focus();
  else return;
  event.preventDefault();
});
document.addEventListener('click', event => {
  const does = event.target.closest('[data-do]')?.dataset.do;
  if (does === 'help') help();
  if (does === 'copy') {
    navigator.clipboard.writeText($('#cite').textContent);
    say(event.target.dataset.said);
  }
  if (does === 'zoom-in') zoom(0.7);
  if (does === 'zoom-out') zoom(1 / 0.7);
});

// The map: titles on hover and focus, zoom and drag. The view box is all that changes.
let view, whole;
function zoom(factor, x = 0.5, y = 0.5) {
  const width = Math.min(Math.max(view[2] * factor, whole[2] / 12), whole[2]), height = width * whole[3] / whole[2];
  look(view[0] + (view[2] - width) * x, view[1] + (view[3] - height) * y, width, height);
}
function look(x, y, width, height) {
  view = [Math.min(Math.max(x, 0), whole[2] - width), Math.min(Math.max(y, 0), whole[3] - height), width, height];
  $('.map svg').setAttribute('viewBox', view.join(' '));
}
function afterSwap() {
  $$('.scripted').forEach(element => { element.hidden = false; });
  const again = $('#renewed')?.dataset.again;
  if (again) setTimeout(() => renew(location.href), Number(again));
  const svg = $('.map svg');
  if (!svg || svg.dataset.ready) return;
  svg.dataset.ready = true;
  whole = view = svg.getAttribute('viewBox').split(' ').map(Number);
  const tip = $('.map .tip');
  const show = event => {
    const point = event.target.closest('a');
    tip.hidden = !point;
    if (!point) return;
    tip.textContent = point.getAttribute('aria-label');
    const box = $('.map').getBoundingClientRect(), at = point.getBoundingClientRect();
    const left = Math.min(Math.max(at.left - box.left - 20, 0), box.width - tip.offsetWidth);
    tip.style.left = `${left}px`;
    tip.style.top = `${at.bottom - box.top + 6}px`;
  };
  svg.addEventListener('pointerover', show);
  svg.addEventListener('focusin', show);
  svg.addEventListener('pointerleave', () => { tip.hidden = true; });
  // With Ctrl, as on other maps: the page itself must still scroll.
  svg.addEventListener('wheel', event => {
    if (!event.ctrlKey) return;
    event.preventDefault();
    const box = svg.getBoundingClientRect();
    zoom(event.deltaY < 0 ? 0.85 : 1 / 0.85, (event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height);
  }, { passive: false });
  let from;
  svg.addEventListener('pointerdown', event => { if (!event.target.closest('.paper-dot')) from = [event.clientX, event.clientY, ...view]; });
  addEventListener('pointerup', () => { from = null; });
  svg.addEventListener('pointermove', event => {
    if (!from || event.pointerType === 'touch') return;
    const scale = view[2] / svg.clientWidth;
    look(from[2] - (event.clientX - from[0]) * scale, from[3] - (event.clientY - from[1]) * scale, view[2], view[3]);
  });
}
afterSwap();

// A file may also be dropped.
$$('.drop').forEach(area => {
  const over = on => event => { event.preventDefault(); area.classList.toggle('over', on); };
  area.addEventListener('dragover', over(true));
  area.addEventListener('dragleave', over(false));
  area.addEventListener('drop', event => {
    over(false)(event);
    $('[type=file]', area).files = event.dataTransfer.files;
    $('form', area).requestSubmit();
  });
});
