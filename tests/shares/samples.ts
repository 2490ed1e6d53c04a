import { message, session, text } from './client'

const patch = `Index: src/lock.ts
--- src/lock.ts
+++ src/lock.ts
@@ -10,6 +10,8 @@ export class Lock {
   constructor(readonly file: File) {}
 
-  release() {
-    this.held = false
+  async release(timeout = 500) {
+    await this.file.close()
+    this.held = false
+    log.debug('released')
   }
 }
`
const diffs = [
  { file: 'src/lock.ts', patch, additions: 4, deletions: 2, status: 'modified' },
  { file: 'README.md', patch: '@@ -0,0 +1,2 @@\n+# Lock\n+Text\n', additions: 2, deletions: 0, status: 'added' },
]

const answer = `## Why it fails

The **worker** loses the lock before it has *closed* the file; see [the manual](https://example.org/why).

\`\`\`ts
export const release = async (lock: Lock): Promise<void> => lock.file.close()
\`\`\`

| phase | before |
|---|---:|
| close | 310 ms |

Its energy is $E = mc^2$.
`
const pixel = 'data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=='
const part = (id: string, messageID: string, data: Record<string, unknown>) => ({ type: 'part', data: { id, messageID, sessionID: 'ses_one', ...data } })

/** A session with one of everything a page shows. */
export const fullSession = (): unknown[] => [
  session('Fail-over takes ten seconds'),
  { type: 'model', data: [{ id: 'large', providerID: 'maker', name: 'Maker Large' }] },
  message('msg_1', 'user', { summary: { diffs } }), text('msg_1', 'Why do the other tabs wait?\nCan you fix it?'),
  part('prt_f', 'msg_1', { type: 'file', mime: 'text/plain', filename: 'src/lock.ts', url: 'file:///workspace/src/lock.ts' }),
  part('prt_h', 'msg_1', { type: 'text', synthetic: true, text: 'what only the model is told' }),
  message('msg_2', 'assistant', { providerID: 'maker', modelID: 'large', tokens: { input: 10_000, output: 1_500, reasoning: 300, cache: { read: 234, write: 0 } }, cost: 0.046 }),
  part('prt_1', 'msg_2', { type: 'step-start', snapshot: 'abc' }),
  part('prt_2', 'msg_2', { type: 'reasoning', text: 'I should read the lock first.', time: { start: 1_000, end: 4_400 } }),
  part('prt_3', 'msg_2', { type: 'tool', tool: 'edit', state: { status: 'completed', title: 'src/lock.ts', input: { filePath: 'src/lock.ts' }, output: 'Edit applied.', metadata: { diff: patch }, time: { start: 1, end: 121 } } }),
  part('prt_4', 'msg_2', { type: 'tool', tool: 'bash', state: { status: 'error', input: { command: 'npm test' }, error: 'The user said no', time: { start: 1, end: 5 } } }),
  part('prt_5', 'msg_2', { type: 'text', text: answer }),
  part('prt_6', 'msg_2', { type: 'patch', hash: 'x', files: ['src/lock.ts'] }),
  message('msg_3', 'user', { time: { created: 1_795_225_949_000 } }), text('msg_3', 'Ship it'),
  part('prt_i', 'msg_3', { type: 'file', mime: 'image/png', filename: 'dot.png', url: pixel }),
  message('msg_4', 'assistant', { providerID: 'maker', modelID: 'large', time: { created: 1_795_225_950_000 } }),
  part('prt_7', 'msg_4', { type: 'tool', tool: 'bash', state: { status: 'running', input: { command: 'git push' } } }),
  part('prt_8', 'msg_4', { type: 'hologram', shape: 'cube' }),
  { type: 'session_diff', data: diffs },
]

const script = '<script>alert(1)</script><img src=x onerror=alert(2)>"\'><svg onload=alert(3)>'
const link = '[click](javascript:alert(4)) ![i](https://tracker.example/p.png) [d](data:text/html,<script>alert(5)</script>) <a href="javascript:alert(6)">raw</a>'

/** A session whose author means harm, in every field that a page reads. */
export const hostileSession = (): unknown[] => [
  session(`${script}</title><script>alert(7)</script>`, { version: script, slug: script }),
  { type: 'model', data: [{ id: script, providerID: script, name: script }, null, 7] },
  message('msg_1', 'user', { summary: { diffs: [{ file: script, patch: `@@ -1 +1 @@ ${script}\n-${script}\n+${script}`, additions: script, status: script }, null, 'x'] } }),
  text('msg_1', `${script}\n\n${link}\n\n\`\`\`${script}\n${script}\n\`\`\`\n\n$\\href{javascript:alert(8)}{x}$`),
  part('prt_f', 'msg_1', { type: 'file', mime: script, filename: script, url: 'data:text/html,<script>alert(9)</script>' }),
  part('prt_s', 'msg_1', { type: 'file', mime: 'image/svg+xml', filename: 'x.svg', url: 'data:image/svg+xml;base64,PHN2ZyBvbmxvYWQ9YWxlcnQoMSk+' }),
  part('prt_q', 'msg_1', { type: 'file', mime: 'image/png', filename: 'x', url: 'data:image/png;base64,AAAA" onerror="alert(10)' }),
  message('msg_2', 'assistant', { modelID: script, providerID: script, error: { name: script, data: { message: script } }, tokens: { input: script, output: { x: 1 }, cache: [] }, cost: 'free', time: { created: 9e99 } }),
  part('prt_1', 'msg_2', { type: 'tool', tool: script, state: { status: script, title: script, input: { command: script, filePath: script }, output: { html: script }, error: script, metadata: { diff: script, filediff: { file: script, patch: script } } } }),
  part('prt_2', 'msg_2', { type: 'reasoning', text: script }),
  part('prt_3', 'msg_2', { type: script, data: script }),
  part('prt_4', 'msg_2', { type: 'source', url: 'javascript:alert(11)', title: script }),
  part('prt_5', 'msg_2', { type: 'subtask', agent: script, description: script }),
  part('prt_6', 'msg_2', { type: 'tool', tool: null, state: null }),
  part('prt_7', 'msg_2', { type: 'text', text: `${'deep > '.repeat(3)}${'> '.repeat(300)}end ${'x'.repeat(300_000)}` }),
  { type: 'message', data: null }, { type: 'part', data: [] }, { type: 'session_diff', data: { file: script } },
]
