const code = (/** @type {string} */ question) => `Here is a small, complete version:

\`\`\`ts
/** Groups items by what \`key\` says of each. */
export function groupBy<T, K>(items: Iterable<T>, key: (item: T) => K): Map<K, T[]> {
  const groups = new Map<K, T[]>()
  for (const item of items) {
    const name = key(item)
    const group = groups.get(name)
    if (group) group.push(item)
    else groups.set(name, [item])
  }
  return groups
}
\`\`\`

A few things worth knowing:

- A \`Map\` keeps the order in which groups first appear, and its keys may be **any** value.
- It reads its input once, so a generator works as well as an array.
- Newer runtimes bring \`Map.groupBy\`; this one runs everywhere.

You asked: *${question}* If the data comes from a database, let it group there, with \`GROUP BY\`.`

const plan = () => `Three days are enough for a first visit. A calm plan:

| day | morning | afternoon | evening |
|---|---|---|---|
| 1 | the old town on foot | a museum, two hours at most | dinner by the water |
| 2 | an early market | a train to the hills | a concert |
| 3 | coffee and a long walk | one thing you skipped | pack, sleep early |

1. Book the train first; it is what sells out.
2. Leave the second evening open.
3. Keep a list of what you would come back for.

\`\`\`text
bag: 1 jacket, 2 pairs of shoes, 0 laptops
\`\`\`

> The best part of a trip is usually the hour that was not planned.`

const maths = () => `The short answer first: the sum of the first $n$ odd numbers is $n^2$.

Why? Each odd number adds an L-shaped border to a square:

$$1 + 3 + 5 + \\dots + (2n - 1) = \\sum_{k=1}^{n} (2k - 1) = n^2$$

You can check it in a line:

\`\`\`python
all(sum(range(1, 2 * n, 2)) == n * n for n in range(1, 1000))
\`\`\`

That is no proof, but it is a good way to catch a wrong formula *before* proving it.`

const greeting = () => `Hello! 👋 This is the demo: nothing you type leaves your machine, and no key is needed.

Try one of these:

- **"Write a function that groups a list"** for highlighted code
- **"Plan three days in Lisbon"** for a table
- **"Why is the sum of odd numbers a square?"** for formulas

\`\`\`sh
npm start   # the same app, with your own OpenRouter key
\`\`\`

Reload the page while I am writing, if you like. The reply will go on.`

const general = (/** @type {string} */ question) => `Good question. In brief: **keep the data where you use it, and let the network catch up.**

You wrote: *${question}*

### How it works here

1. What you send is stored on this device first, in SQLite inside the browser.
2. The server gets it next and asks the model; it goes on when this page is closed.
3. The reply streams back to every device you have paired.

\`\`\`mermaid
device -> server -> model
   ^         |
   +-- reply +
\`\`\`

A rule of thumb: if something must not be lost, write it down *before* you tell anyone about it.

- It reads quickly, because nothing has to be fetched.
- It works offline, because there is nothing to wait for.
- It costs a little discipline: every change has to merge.

This answer comes from a stand-in that ships with the app. With your own key, a real model writes here.`

/** @type {[RegExp, (question: string) => string][]} */
const answers = [
  [/\b(code|function|typescript|javascript|python|sql|bug|regex|group|class|script)\b/i, code],
  [/\b(plan|trip|travel|days|recipe|cook|list|table|compare)\b/i, plan],
  [/\b(why is the sum|math|formula|proof|equation|integral|square|number)\b/i, maths],
  [/^\s*(hi|hello|hey|good (morning|evening)|hallo|test)\b/i, greeting],
]

/** A pleasant answer in Markdown that depends a little on the question. @param {string} question */
export function questionToAnswer(question) {
  const line = question.trim().split('\n', 1)[0] ?? ''
  const quoted = (line.length > 120 ? `${line.slice(0, 117)}…` : line).replaceAll('*', '\\*')
  const [, answer] = answers.find(([pattern]) => pattern.test(question)) ?? [null, general]
  return answer(quoted)
}

const sentences = [
  'The lighthouse keeper wrote down every ship that passed, and the hour.',
  'A ledger forgets nothing, provided that somebody keeps it dry.',
  'Some pages were in **ink**, some in pencil, and one, oddly, in `code`.',
  'When the storm took the wire, the book went on by itself.',
  'Later, two books were laid side by side and agreed on every line.',
]

/** A text of about so many words, always the same. @param {number} words */
export function longText(words) {
  const out = []
  for (let count = 0, i = 0; count < words; i++) {
    const sentence = sentences[i % sentences.length] ?? ''
    out.push(i % 5 === 4 ? `${sentence}\n\n` : `${sentence} `)
    count += sentence.split(' ').length
  }
  return out.join('').trimEnd()
}
