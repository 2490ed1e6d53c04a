import { expect, it } from 'vitest'
import type { MessageId, ThreadId } from '~/shared/domain/ids'
import type { Message } from '~/shared/domain/message'
import type { Part } from '~/shared/domain/part'
import { threadToMarkdown } from '~/stores/threadMarkdown'

const message = (id: string, parent: string | null, role: Message['role'], parts: Part[], rest: Partial<Message> = {}): Message => ({
  id: id as MessageId, thread: 't1' as ThreadId, parent: parent as MessageId | null, role, parts, status: 'final', model: role === 'assistant' ? 'a/model' : null,
  usage: null, error: null, run: null, deleted: false, created_at: Date.UTC(2026, 10, 21, 12, 0, Number(id)), ...rest,
})
const text = (value: string): Part => ({ type: 'text', text: value })

it('[UI54] an exported thread is its shown path as Markdown, with models, times, files, reasoning, tools and sources', () => {
  const file: Part = { type: 'file', sha256: 'a'.repeat(64), name: 'plan.pdf', mime: 'application/pdf', size: 3 }
  const markdown = threadToMarkdown({ title: 'A\ntitle', active_leaf: '3' as MessageId }, [
    message('1', null, 'user', [file, text('Question')]),
    message('2', '1', 'assistant', [text('another version')]),
    message('3', '1', 'assistant', [
      { type: 'reasoning', text: 'hm' }, { type: 'tool-search', input: '{"q":"```"}' }, text('Answer'), { type: 'source-url', url: 'https://example.com/<a>', title: 'A [source]' },
    ]),
    message('4', '1', 'assistant', [text('gone')], { deleted: true }),
  ], () => 'A model')
  expect(markdown).toBe([
    '# A title', '## You (2026-11-21T12:00:01.000Z)', 'Attachment: plan.pdf (application/pdf)', 'Question',
    '## Assistant (A model, 2026-11-21T12:00:03.000Z)', '<details><summary>Reasoning</summary>', 'hm', '</details>',
    '**search**', '````\n{"q":"```"}\n````', 'Answer', 'Source: [A source](<https://example.com/%3Ca%3E>)',
  ].join('\n\n') + '\n')
})
