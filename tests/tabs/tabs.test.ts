import { afterEach, describe, expect, it } from 'vitest'
import type { DatabaseClient, EventPayload } from '~/workers/api'
import { createWorld, type TestTab } from './world'
import { until } from './time'

let world: ReturnType<typeof createWorld>
afterEach(() => world.close())

function openTabs(count: number, builds: string[] = []) {
  world = createWorld()
  return Array.from({ length: count }, (_, i) => world.openTab(builds[i] ?? 'one'))
}

const roles = (...clients: DatabaseClient[]) => clients.map((client) => client.role())

/** What a tab sees of a setting, kept up to date. */
function watchSetting(client: DatabaseClient, name: string) {
  const seen: unknown[] = []
  client.watch('setting', { name }, ({ value }) => seen.push(value))
  return seen
}

async function settled(tabs: TestTab[]) {
  await until(() => tabs.some(({ client }) => client.role() === 'leader') && tabs.every(({ client }) => client.role() !== 'starting'))
  const leader = tabs.find(({ client }) => client.role() === 'leader')!
  return { leader, follower: tabs.find((tab) => tab !== leader) ?? leader }
}

describe('tabs', () => {
  it('[ST40] one tab leads; what another writes through it, both see', async () => {
    const tabs = openTabs(3)
    const { follower } = await settled(tabs)
    expect(roles(...tabs.map(({ client }) => client)).sort()).toEqual(['follower', 'follower', 'leader'])
    const seen = tabs.map(({ client }) => watchSetting(client, 'theme'))
    await until(() => seen.every((values) => values.length === 1))
    expect(await follower.client.call('set-setting', world.write('theme', 'dark'))).toEqual({ ok: true, value: {} })
    await until(() => seen.every((values) => values.at(-1) === 'dark'))
    expect(world.entriesOf('theme')).toBe(1)
  })

  it('[ST124] after local data was deleted, pages from before write no more; a new page begins with nothing', async () => {
    const tabs = openTabs(3)
    const { follower } = await settled(tabs)
    await follower.client.call('set-setting', world.write('theme', 'dark'))
    const heard = tabs.map(({ client }) => new Promise((resolve) => client.on('local-data-deleted', resolve)))
    expect(await follower.client.call('sign-out', { wipe: true })).toMatchObject({ ok: true })
    expect(new Set(await Promise.all(heard)).size).toBe(3)
    for (const { client } of tabs) {
      expect(await client.call('set-setting', world.write('draft/new', 'unsent'))).toMatchObject({ ok: false, error: { code: 'not_found' } })
      expect(await client.call('save-key', { key: 'sk-or-v1-of-before' })).toMatchObject({ ok: false })
    }
    const after = world.openTab()
    const seen = ['theme', 'draft/new'].map((name) => watchSetting(after.client, name))
    await world.time.advanceUntil(() => seen.every((values) => values.length > 0))
    expect(new Set(seen.flat())).toEqual(new Set([null]))
    expect(await after.client.call('set-setting', world.write('theme', 'light'))).toMatchObject({ ok: true })
    expect(world.disk.images.size).toBe(0)
  })

  it('[ST41] when the leader is killed another tab leads, with the data, and watches go on', async () => {
    const { leader, follower } = await settled(openTabs(2))
    const seen = watchSetting(follower.client, 'theme')
    await until(() => seen.length === 1)
    await leader.client.call('set-setting', world.write('theme', 'dark'))
    await until(() => seen.at(-1) === 'dark')
    leader.kill()
    await until(() => follower.client.role() === 'leader')
    expect(await follower.client.call('set-setting', world.write('theme', 'light'))).toMatchObject({ ok: true })
    await until(() => seen.at(-1) === 'light')
    // The new leader says what the old one said last; nothing older, and never a blank.
    expect(seen.filter((value, i) => value !== seen[i - 1])).toEqual([null, 'dark', 'light'])
  })

  it('[ST42] a write that the old leader made but did not answer is written once', async () => {
    const { leader, follower } = await settled(openTabs(2))
    leader.mute.answers = true
    const written = follower.client.call('set-setting', world.write('theme', 'dark'))
    await until(() => world.entriesOf('theme') === 1)
    leader.kill()
    expect(await written).toEqual({ ok: true, value: {} })
    expect(world.disk.owner()).toBe(follower.id)
    expect(world.entriesOf('theme')).toBe(1)
  })

  it('[ST43] a write that never reached the old leader is made by the new one', async () => {
    const { leader, follower } = await settled(openTabs(2))
    leader.gate.freeze()
    const written = follower.client.call('set-setting', world.write('theme', 'dark'))
    leader.kill()
    expect(await written).toEqual({ ok: true, value: {} })
    expect(world.entriesOf('theme')).toBe(1)
  })

  it('[ST44] what may not be done twice is answered with an error when its leader dies', async () => {
    const { leader, follower } = await settled(openTabs(2))
    leader.gate.freeze()
    const asked = follower.client.call('server-request', { method: 'POST', path: '/auth/spsk/pair' })
    await world.time.advance(100)
    leader.kill()
    expect(await asked).toMatchObject({ ok: false, error: { code: 'internal', retryable: true } })
  })

  it('[ST45] a frozen leader that keeps the file makes the others say so; once it thaws one of them leads', async () => {
    const { leader, follower } = await settled(openTabs(2))
    const notices: EventPayload<'notice'>[] = []
    follower.client.on('notice', (notice) => notices.push(notice))
    leader.gate.freeze()
    await world.time.advance(9_000)
    expect(follower.client.role()).toBe('follower')
    await world.time.advanceUntil(() => follower.client.role() === 'blocked')
    expect(notices).toContainEqual({ kind: 'leader-silent', message: 'Another tab is not answering' })
    leader.gate.thaw()
    await world.time.advanceUntil(() => roles(leader.client, follower.client).sort().join() === 'follower,leader')
    expect(await leader.client.call('set-setting', world.write('theme', 'dark'))).toMatchObject({ ok: true })
  })

  it('[ST46] a leader whose file can be opened is replaced after ten seconds of silence, not before', async () => {
    const { leader, follower } = await settled(openTabs(2))
    leader.gate.freeze()
    await world.time.advance(9_500)
    expect(follower.client.role()).toBe('follower')
    world.disk.die(leader.id)
    await world.time.advanceUntil(() => follower.client.role() === 'leader')
  })

  it('[ST47] a leader that was only busy for six seconds keeps its place', async () => {
    const { leader, follower } = await settled(openTabs(2))
    leader.gate.freeze()
    await world.time.advance(6_000)
    leader.gate.thaw()
    await world.time.advance(20_000)
    expect(roles(leader.client, follower.client)).toEqual(['leader', 'follower'])
  })

  it('[ST48] a follower that slept itself does not take the lock from a leader that is well', async () => {
    const { leader, follower } = await settled(openTabs(2))
    follower.gate.freeze()
    await world.time.advance(60_000)
    follower.gate.thaw()
    await world.time.advance(8_000)
    expect(roles(leader.client, follower.client)).toEqual(['leader', 'follower'])
  })

  it('[ST49] a page that is put away gives up the lead, and follows when it comes back', async () => {
    const { leader, follower } = await settled(openTabs(2))
    const seen = watchSetting(leader.client, 'theme')
    await until(() => seen.length === 1)
    leader.tell('rest')
    await until(() => follower.client.role() === 'leader')
    await follower.client.call('set-setting', world.write('theme', 'dark'))
    leader.tell('wake')
    await until(() => seen.at(-1) === 'dark')
    expect(leader.client.role()).toBe('follower')
  })

  it('[ST50] a tab of an old build never leads, and asks to be reloaded', async () => {
    world = createWorld()
    const current = world.openTab('one')
    await until(() => current.client.role() === 'leader')
    const old = world.openTab('zero')
    await until(() => old.client.role() === 'outdated')
    expect(await old.client.call('set-setting', world.write('theme', 'dark'))).toMatchObject({ ok: false, error: { code: 'upgrade_required' } })
    current.kill()
    await world.time.advance(30_000)
    expect(old.client.role()).toBe('outdated')
    expect(world.disk.owner()).toBeUndefined()
  })

  it('[ST51] a leader of an old build makes way for a tab of the build that the server serves', async () => {
    world = createWorld()
    const old = world.openTab('zero')
    await until(() => old.client.role() === 'leader')
    const current = world.openTab('one')
    await until(() => current.client.role() === 'leader')
    expect(old.client.role()).toBe('outdated')
  })

  it('[ST52] a tab whose schema is older than the file never leads', async () => {
    const [tab] = openTabs(1)
    await until(() => tab!.client.role() === 'leader')
    world.disk.driver()!.exec('pragma user_version = 99')
    tab!.kill()
    const next = world.openTab()
    await until(() => next.client.role() === 'outdated')
    expect(world.disk.owner()).toBeUndefined()
  })

  it('[ST53] a key that one tab saves or clears is known to every tab at once, by its mask only', async () => {
    const tabs = openTabs(2)
    await settled(tabs)
    const heard: boolean[][] = tabs.map(() => [])
    tabs.forEach(({ client }, i) => client.on('secrets-changed', ({ connected }) => heard[i]!.push(connected)))
    await tabs[1]!.client.call('save-key', { key: 'sk-or-v1-0123456789abcdef' })
    await until(() => heard.every((values) => values.length === 1))
    expect(await tabs[0]!.client.call('key-state', {})).toMatchObject({ ok: true, value: { masked: 'sk-or-v1-01…cdef' } })
    await tabs[0]!.client.call('clear-key', {})
    await until(() => heard.every((values) => values.length === 2))
    expect(heard).toEqual([[true, false], [true, false]])
    expect(await tabs[1]!.client.call('key-state', {})).toMatchObject({ ok: true, value: { masked: null } })
  })

  it('[ST54] a malformed call is refused by the worker, and the error names no value', async () => {
    const [tab] = openTabs(1)
    const answer = await tab!.client.call('save-key', { key: 'short' })
    expect(answer).toMatchObject({ ok: false, error: { code: 'invalid_request' } })
    expect(JSON.stringify(answer)).not.toContain('short')
  })
})
