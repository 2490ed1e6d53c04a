import { onMounted, watch, type Ref } from 'vue'

/** A text field as high as its text, where the browser does not do it by itself (`field-sizing: content`). Its largest height is its own style's. */
export function useAutosize(field: Readonly<Ref<HTMLTextAreaElement | null>>, text: Readonly<Ref<string>>): void {
  const byBrowser = CSS.supports('field-sizing', 'content')

  function fit(): void {
    const element = field.value
    if (!element) return
    if (byBrowser) {
      element.style.setProperty('field-sizing', 'content')
      return
    }
    element.style.height = 'auto'
    element.style.height = `${element.scrollHeight}px`
  }
  onMounted(fit)
  watch(text, fit, { flush: 'post' })
}
