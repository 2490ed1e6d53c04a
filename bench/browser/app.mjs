// What is measured on the built app itself, through the database client that its pages use.
const call = (page, name, request) => page.evaluate(async ([asked, given]) => {
  const answer = await window.useNuxtApp().$database.call(asked, given)
  if (!answer.ok) throw new Error(JSON.stringify(answer.error))
  return answer.value
}, [name, request])

/** Asks our own server as this device does. */
export const askServer = async (page, method, path, body) => (await call(page, 'server-request', { method, path, body })).body

/** Opens the app and waits until it is level with the server. */
export async function openApp(context, path = '/') {
  const page = await context.newPage()
  await page.goto(path)
  await page.waitForFunction(() => window.useNuxtApp?.().$database)
  await untilSynced(page)
  return page
}

const untilSynced = (page) => page.evaluate(() => new Promise((resolve) => {
  window.useNuxtApp().$database.watch('sync', {}, ({ state }) => state === 'synced' && resolve(undefined))
}))

/** Takes a second browser into the space of the first. */
export async function pairWith(page, other) {
  const { code } = await askServer(page, 'POST', '/auth/spsk/pair', {})
  await call(other, 'pair', { deviceName: 'bench', pairingCode: code })
  await untilSynced(other)
}

const newId = `() => Array.from(crypto.getRandomValues(new Uint8Array(26)), (byte) => '0123456789abcdefghjkmnpqrstvwxyz'[byte & 31]).join('')`

/** From the answer of a send on one device to its message in the answer of another's live query, ms each. */
export async function measureDelivery(a, b, count) {
  const thread = await a.evaluate(`(${newId})()`)
  await b.evaluate((id) => {
    window.arrivals = {}
    window.useNuxtApp().$database.watch('messages', { thread: id }, ({ messages }) => {
      for (const message of messages) window.arrivals[message.id] ??= performance.timeOrigin + performance.now()
    })
  }, thread)
  const sent = await a.evaluate(async ([id, times, source]) => {
    const makeId = new Function(`return (${source})()`)
    const database = window.useNuxtApp().$database
    const answered = {}
    for (let i = 0; i < times; i++) {
      const [message, reply, run] = [makeId(), makeId(), makeId()]
      const answer = await database.call('send', {
        mutation: makeId(), at: Date.now(), thread: id, ...(i === 0 ? { newThread: { title: 'bench', model: null, system_prompt: null } } : {}),
        message: { id: message, parent: null, parts: [{ type: 'text', text: `message ${i}` }] }, reply: { id: reply, run, parent: message }, options: { model: 'fake/echo' },
      })
      if (!answer.ok) throw new Error(JSON.stringify(answer.error))
      answered[message] = performance.timeOrigin + performance.now()
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
    return answered
  }, [thread, count, newId])
  await b.waitForFunction((ids) => ids.every((id) => window.arrivals[id]), Object.keys(sent))
  const arrivals = await b.evaluate(() => window.arrivals)
  return Object.entries(sent).map(([id, at]) => arrivals[id] - at)
}

/** From the navigation to the paint of a thread's messages, ms each; the app, its service worker and the file are on this device. */
export async function measureWarmStart(context, path, messages, count) {
  const page = await context.newPage()
  await page.addInitScript((wanted) => {
    const look = () => {
      if (document.querySelectorAll('[role=log] article').length < wanted) return requestAnimationFrame(look)
      // The frame after the one that holds them has been painted.
      return requestAnimationFrame(() => (window.shownAt = performance.now()))
    }
    requestAnimationFrame(look)
  }, messages)
  const times = []
  for (let i = 0; i <= count; i++) {
    await page.goto('about:blank')
    await page.goto(path)
    const shown = await page.waitForFunction(() => window.shownAt)
    times.push(await shown.jsonValue())
  }
  await page.close()
  // The first start fills caches.
  return times.slice(1)
}

/** Writes without a pause in a following tab while `end` takes the leading one away: how long the longest write took, ms each. */
export async function measureFailOver(context, count, end) {
  let leading = await openApp(context)
  const times = []
  for (let i = 0; i < count; i++) {
    const following = await openApp(context)
    await following.waitForFunction(() => window.useNuxtApp().$database.role() === 'follower')
    await following.evaluate(startWriting, newId)
    await following.waitForFunction(() => window.writes.length > 5)
    await end(leading)
    await following.waitForFunction(() => window.useNuxtApp().$database.role() === 'leader', undefined, { polling: 20, timeout: 60_000 })
    times.push(await following.evaluate(async () => {
      window.isWriting = false
      await window.written
      return Math.max(...window.writes.slice(2))
    }))
    await leading.close()
    leading = following
  }
  await leading.close()
  return times
}

function startWriting(source) {
  const makeId = new Function(`return (${source})()`)
  const database = window.useNuxtApp().$database
  window.writes = []
  window.isWriting = true
  window.written = (async () => {
    while (window.isWriting) {
      const started = performance.now()
      await database.call('set-setting', { mutation: makeId(), at: Date.now(), name: 'bench', value: window.writes.length })
      window.writes.push(performance.now() - started)
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
  })()
}

export const close = (page) => page.close()
/** As when the renderer dies. */
export async function crash(page) {
  const session = await page.context().newCDPSession(page)
  session.send('Page.crash').catch(() => 'the page that answers is gone')
}
/** What a page hears before the browser freezes it in the background; headless Chromium freezes none. */
export const freeze = (page) => page.evaluate(() => void document.dispatchEvent(new Event('freeze')))
