import { languageExtension } from './language-extension'

function saveCode(block: Element, code: string): void {
  const link = document.createElement('a')
  link.href = URL.createObjectURL(new Blob([code], { type: 'text/plain' }))
  link.download = `code.${languageExtension(block.getAttribute('data-language') ?? '')}`
  link.click()
  // The browser has its own hold on the file once the click has been handled.
  setTimeout(() => URL.revokeObjectURL(link.href), 1_000)
}

function toggleWrap(block: Element, button: Element): void {
  const wraps = block.toggleAttribute('data-wrapped')
  button.setAttribute('aria-pressed', String(wraps))
}

async function copyCode(button: Element, code: string): Promise<void> {
  await navigator.clipboard.writeText(code)
  button.textContent = 'Copied'
  button.setAttribute('aria-label', 'Copied')
  setTimeout(() => {
    button.textContent = 'Copy'
    button.setAttribute('aria-label', 'Copy code')
  }, 1_600)
}

/** Does what the button of a code block says, wherever in the rendered text it stands. Rejects when the browser refuses the clipboard. */
export async function runCodeAction(target: EventTarget | null): Promise<void> {
  const button = target instanceof Element ? target.closest('[data-code-action]') : null
  const block = button?.closest('.code-block')
  if (!button || !block) return
  const code = block.querySelector('code')?.textContent ?? ''
  const action = button.getAttribute('data-code-action')
  if (action === 'wrap') toggleWrap(block, button)
  if (action === 'download') saveCode(block, code)
  if (action === 'copy') await copyCode(button, code)
}
