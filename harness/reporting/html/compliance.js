// What the page can do beyond being read: filter, open what a link names, copy. Everything is on the page without it.
(() => {
  'use strict';
  const page = document.querySelector('.wireproof');
  const form = page.querySelector('form.filters');
  const count = form.querySelector('output');
  const all = [...page.querySelectorAll('details.requirement')];
  const shelf = page.querySelector('#requirements');
  const groups = [...shelf.querySelectorAll('.group')];
  const fields = ['text', 'level', 'area', 'outcome'];
  const texts = new Map(); // what each requirement says, in lower case, worked out when it is first searched

  // Filters

  const textOf = (item) => {
    if (!texts.has(item)) texts.set(item, item.textContent.toLowerCase());
    return texts.get(item);
  };

  const fits = (item, wanted) =>
    (!wanted.level || item.dataset.level === wanted.level) &&
    (!wanted.area || item.dataset.area === wanted.area) &&
    (!wanted.outcome || (wanted.outcome === 'unmet' ? item.dataset.unmet === 'yes' : item.dataset.outcome === wanted.outcome)) &&
    wanted.text.toLowerCase().split(/\s+/).every((word) => textOf(item).includes(word));

  // Where the searched words stand: in an id, in a sentence, or anywhere else. What is named so comes first.
  const rank = (item, words) => {
    const has = (text) => words.every((word) => text.toLowerCase().includes(word));
    return has(item.id) ? 0 : has(item.querySelector('.says').textContent) ? 1 : 2;
  };

  const home = new Map(all.map((item) => [item, item.parentElement]));
  const found = document.createElement('section');
  found.append(document.createElement('h2'));
  found.className = 'group';
  found.firstChild.textContent = 'Found';
  found.hidden = true;
  shelf.prepend(found);
  groups.push(found);

  // While words are searched, what has them stands in one list, the best first; without words everything is at home.
  const arrange = (text) => {
    const words = text.toLowerCase().split(/\s+/).filter(Boolean);
    for (const item of all) home.get(item).append(item);
    if (!words.length) return;
    const ranked = all.filter((item) => !item.hidden).map((item) => [rank(item, words), item]);
    found.append(...ranked.sort((one, other) => one[0] - other[0]).map(([, item]) => item));
  };

  let searched = '';
  const unfolded = new Set(); // the areas that a filter opened

  const apply = () => {
    const wanted = Object.fromEntries(fields.map((name) => [name, form.elements[name].value.trim()]));
    const isFiltered = fields.some((name) => wanted[name]);
    for (const item of all) item.hidden = isFiltered && !fits(item, wanted);
    if (wanted.text || searched) arrange(searched = wanted.text);
    for (const group of [...groups, shelf.querySelector('#met')]) {
      group.hidden = (isFiltered || group === found) && !group.querySelector('details.requirement:not([hidden])');
      if (isFiltered && !group.hidden && group.open === false) unfolded.add(group), group.open = true;
    }
    if (!isFiltered) {
      for (const group of unfolded) group.open = false;
      unfolded.clear();
    }
    const shown = all.filter((item) => !item.hidden).length;
    count.textContent = isFiltered ? `${shown} of ${all.length} requirements shown` : `all ${all.length} requirements shown`;
    return isFiltered;
  };

  const keep = () => {
    const state = new URLSearchParams(fields.map((name) => [name, form.elements[name].value.trim()]).filter(([, value]) => value));
    history.replaceState(null, '', [...state].length ? `#?${state}` : location.pathname + location.search);
  };

  const take = (query) => {
    const state = new URLSearchParams(query);
    for (const name of fields) form.elements[name].value = state.get(name) ?? '';
    apply();
  };

  form.addEventListener('input', () => { apply(); keep(); });
  form.addEventListener('submit', (event) => event.preventDefault());
  form.addEventListener('reset', () => setTimeout(() => { apply(); keep(); }));
  for (const button of form.querySelectorAll('[data-open]')) {
    button.addEventListener('click', () => {
      const isOpen = button.dataset.open === 'yes';
      for (const item of all) if (!item.hidden) item.open = isOpen;
      for (const group of groups) if (!group.hidden && isOpen && 'open' in group) group.open = true;
    });
  }
  for (const link of page.querySelectorAll('a[data-filter]')) link.href = `#?${link.dataset.filter}`;

  // Links: to a filtered view (#?level=must&area=chat), or to a requirement, a case or a piece of evidence by its id

  const follow = () => {
    const name = location.hash.slice(1);
    if (name.startsWith('?')) {
      take(name.slice(1));
      form.scrollIntoView();
      return;
    }
    let target = null;
    try { target = document.getElementById(decodeURIComponent(name)); } catch { /* no name that we gave */ }
    if (!target || !page.contains(target)) return;
    if (target.closest('[hidden]')) form.reset(), take('');
    for (let place = target; place && place !== page; place = place.parentElement) if (place.matches('details')) place.open = true;
    target.scrollIntoView();
    const summary = target.matches('details') ? target.querySelector('summary') : null;
    summary?.focus({ preventScroll: true });
  };

  addEventListener('hashchange', follow);
  // A second click on the same link leads there again, although the address stays the same.
  page.addEventListener('click', (event) => {
    const link = event.target.closest('a[href^="#"]');
    if (link && link.getAttribute('href') === location.hash) follow();
  });

  // Copying

  const copy = async (pre) => {
    try {
      await navigator.clipboard.writeText(pre.textContent);
      return true;
    } catch {
      getSelection().selectAllChildren(pre); // where the page may not write: an old browser, or plain http
      return document.execCommand('copy');
    }
  };

  for (const button of page.querySelectorAll('button.copy')) {
    const label = button.innerHTML;
    button.hidden = false;
    button.setAttribute('aria-live', 'polite');
    button.addEventListener('click', async () => {
      button.textContent = (await copy(button.parentElement.querySelector('pre'))) ? 'Copied' : 'Selected: press Ctrl+C';
      setTimeout(() => { button.innerHTML = label; }, 2000);
    });
  }

  // On paper nothing can be opened

  let closed = [];
  addEventListener('beforeprint', () => {
    const parts = ['#unmet', '#known'].map((name) => `${name} details:not([open])`);
    closed = [...page.querySelectorAll(parts.join())];
    for (const item of closed) item.open = true;
  });
  addEventListener('afterprint', () => { for (const item of closed) item.open = false; });

  // The frame: what pytest-html puts around the page is set in order, and its own table folded under a heading

  const settle = () => {
    document.documentElement.lang ||= 'en';
    const table = document.getElementById('results-table');
    if (!table) return;
    const header = document.createElement('header');
    header.append(...document.querySelectorAll('body > h1, body > p'));
    document.body.prepend(header);
    for (const box of document.querySelectorAll('input[name="filter_checkbox"]')) {
      box.setAttribute('aria-label', box.nextElementSibling?.textContent.replace(',', '') ?? '');
    }
    const fold = document.createElement('details');
    fold.className = 'pytest';
    fold.innerHTML = '<summary><h2>The tests as pytest tells them</h2></summary>';
    fold.append(...document.querySelectorAll('.run-count, .controls'), table);
    page.append(fold);
  };

  const begin = () => {
    settle();
    form.hidden = false;
    apply();
    if (location.hash) follow();
  };
  if (document.readyState === 'loading') document.addEventListener('DOMContentLoaded', begin);
  else begin();
})();
