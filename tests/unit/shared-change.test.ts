import { describe, expect, it } from 'vitest'
import type { DeviceId } from '~/shared/domain/ids'
import { limits } from '~/shared/limits'
import { byteLength, checkChange, type ChangeEnvelope } from '~/shared/sync/change'

const device = 'aaaaaaaaaaaaaaaa' as DeviceId
const change = (patch: Partial<ChangeEnvelope> = {}): ChangeEnvelope => ({ n: 1, t: 'thread', k: 'thread-0001', h: `1800000000000:00000:${device}.aaaa`, c: { title: 'a' }, ...patch })
const refusal = (patch: Partial<ChangeEnvelope>) => {
  const checked = checkChange(change(patch), device)
  return checked.ok ? null : checked.error.message
}
const cell = { status: 'final', parts: [], usage: null, error: null }

describe('what a change may say', () => {
  it.each<[string, Partial<ChangeEnvelope>]>([
    ['a title', {}],
    ['a message', { t: 'message', k: 'message-0001', c: { ...cell, thread: 'thread-0001', role: 'user', deleted: 0, created_at: 1 } }],
    ['a part of a kind that is not known', { t: 'message', k: 'message-0001', c: { ...cell, parts: [{ type: 'hologram', depth: 3 }] } }],
    ['a label with its key repeated', { t: 'label', k: 'thread-0001:work', c: { thread: 'thread-0001', name: 'work', on: 1 } }],
    ['a setting, its name beside it', { t: 'setting', k: 'draft/thread-0001', c: { name: 'draft/thread-0001', value: { any: ['thing'] } } }],
    ['an id of another program\'s making', { k: 'Chat_1' }],
    ['a short one', { t: 'label', k: 't1:work', c: { on: 1 } }],
    ['what another writer stamped, given back to a restored server', { h: '1800000000000:00000:server' }],
  ])('[SY5] takes %s', (_, patch) => {
    expect(refusal(patch)).toBeNull()
  })

  it.each<[string, Partial<ChangeEnvelope>]>([
    ['an unknown table', { t: 'user' }],
    ['a table named like a member of every object', { t: 'constructor' }],
    ['an unknown column', { c: { title: 'a', admin: 1 } }],
    ['a column named like a member of every object', { c: JSON.parse('{"title":"a","constructor":1}') as ChangeEnvelope['c'] }],
    ['no columns', { c: {} }],
    ['a malformed clock', { h: '1:2:x' }],
    ['a malformed key', { k: 'UPPER CASE' }],
    ['a key with U+0000', { t: 'setting', k: 'a\u0000', c: { value: 1 } }],
    ['a boolean that is not 0 or 1', { c: { pinned: true } }],
    ['a text with U+0000', { c: { title: 'a\u0000' } }],
    ['a text with half a surrogate pair', { c: { title: '\ud800' } }],
    ['half an answer', { t: 'message', k: 'message-0001', c: { status: 'final' } }],
    ['a text part without its text', { t: 'message', k: 'message-0001', c: { ...cell, parts: [{ type: 'text' }] } }],
    ['an unknown status', { t: 'message', k: 'message-0001', c: { ...cell, status: 'done' } }],
    ['a label whose columns differ from its key', { t: 'label', k: 'thread-0001:work', c: { name: 'home', on: 1 } }],
  ])('[SY5] refuses %s', (_, patch) => {
    expect(refusal(patch)).not.toBeNull()
  })

  it('[SY5] refuses what is too large for a device, though not for the server', () => {
    const long = change({ t: 'message', k: 'message-0001', c: { ...cell, parts: [{ type: 'text', text: 'x'.repeat(limits.changeBytes) }] } })
    expect(checkChange(long, device)).toMatchObject({ ok: false, error: { code: 'payload_too_large' } })
    expect(checkChange({ ...long, h: '1800000000000:00000:server' }, 'server').ok).toBe(true)
  })

  it('leaves the name of a setting out: the key says it', () => {
    expect(checkChange(change({ t: 'setting', k: 'theme', c: { name: 'theme', value: 1 } }), device)).toMatchObject({ ok: true, value: { c: { value: 1 } } })
  })

  it.each(['', 'abc', 'ä', '\u20ac', '\u{1F600}', 'a\u{1F600}ä\u20ac', '\ud800', 'x\udc00y'])('counts the bytes of %j', (text) => {
    expect(byteLength(text)).toBe(new TextEncoder().encode(text).length)
  })
})
