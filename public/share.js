/*
 * A shared page that may still grow looks for news and puts in what changed. The page is complete without this script, which is the
 * only one on it; it runs in a sandbox without an origin, so it stores nothing and asks for nothing but the page itself.
 */
(() => {
  const root = document.documentElement
  const menu = document.querySelector('.menu')
  document.addEventListener('click', (event) => {
    if (menu?.open && !menu.contains(event.target)) menu.open = false
  })
  const address = location.href.split(/[?#]/)[0].replace(/\/$/, '')

  // An address that names a message of another page leads there.
  const number = Number(/^#m(\d+)$/.exec(location.hash)?.[1] ?? 0)
  if (number && !document.getElementById(`m${number}`)) {
    const there = [...document.querySelectorAll('#pages a')].findLast((link) => Number(link.dataset.from) <= number)
    if (there && !there.hasAttribute('aria-current')) return location.replace(`${there.href}${location.hash}`)
  }
  if (!('live' in root.dataset)) return

  const shownPage = new URLSearchParams(location.search).get('page') ?? '1'
  const shortest = 2_000
  const longest = 30_000
  let version = root.dataset.version
  let wait = shortest
  let timer

  /** Puts the new element in the old one's place and leaves open what the reader opened. */
  const replace = (before, after) => {
    const fresh = document.importNode(after, true)
    const folds = [...before.querySelectorAll('details')]
    fresh.querySelectorAll('details').forEach((fold, index) => {
      if (folds[index]) fold.open = folds[index].open
    })
    before.replaceWith(fresh)
  }

  const update = (html) => {
    const next = new DOMParser().parseFromString(html, 'text/html')
    const atEnd = innerHeight + scrollY > root.scrollHeight - 120
    const articles = [...document.querySelectorAll('#messages > *')]
    const fresh = [...next.querySelectorAll('#messages > *')]
    fresh.forEach((article, index) => {
      const before = articles[index]
      if (!before) document.getElementById('messages').append(document.importNode(article, true))
      else if (before.dataset.v !== article.dataset.v || before.tagName !== article.tagName) replace(before, article)
    })
    articles.slice(fresh.length).forEach((article) => article.remove())
    for (const id of ['title', 'facts', 'navigator', 'pages', 'changes', 'diff-layout']) {
      const before = document.getElementById(id)
      const after = next.getElementById(id)
      if (before && after && before.innerHTML !== after.innerHTML) replace(before, after)
    }
    document.title = next.title
    version = next.documentElement.dataset.version
    if (!('live' in next.documentElement.dataset)) stop('Ended')
    if (atEnd) scrollTo(0, root.scrollHeight)
  }

  const stop = (word) => {
    clearTimeout(timer)
    timer = null
    const mark = document.getElementById('live')
    if (mark) {
      mark.textContent = word
      mark.classList.remove('live')
    }
  }

  const look = async () => {
    try {
      const answer = await fetch(`${address}/version`, { credentials: 'omit', cache: 'no-store' })
      if (answer.status === 404) return stop('Taken down')
      if (answer.ok && (await answer.text()) !== version) {
        const page = await fetch(`${address}?look&page=${encodeURIComponent(shownPage)}`, { credentials: 'omit', cache: 'no-store' })
        if (page.ok) update(await page.text())
        wait = shortest
      } else {
        wait = Math.min(wait * 1.3, longest)
      }
    } catch {
      // Offline, or the server is: what is on the page stays readable.
      wait = longest
    }
    if (timer !== null) timer = setTimeout(look, wait)
  }

  document.addEventListener('visibilitychange', () => {
    if (timer === null) return
    clearTimeout(timer)
    wait = shortest
    timer = document.hidden ? undefined : setTimeout(look, 0)
  })
  timer = setTimeout(look, shortest)
})()
