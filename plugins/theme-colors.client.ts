import { defineNuxtPlugin, injectHead } from '#imports'

/**
 * Nuxt UI puts the theme's colours into the page twice at the start of an app that no server has rendered, and takes the first copy away by an
 * inline script, which our content security policy forbids. The script is left out, and the copy is taken away here.
 */
export default defineNuxtPlugin({
  name: 'holdfast:theme-colors',
  enforce: 'post',
  setup() {
    const marker = 'data-nuxt-ui-colors'
    const { hooks } = injectHead()
    hooks.hook('tags:resolve', (context) => {
      context.tags = context.tags.filter(({ tag, innerHTML }) => !(tag === 'script' && typeof innerHTML === 'string' && innerHTML.includes(marker)))
    })
    // Not before the lasting copy is in the page: without either, every colour is missing for a moment.
    hooks.hook('dom:rendered', () => {
      if (document.getElementById('nuxt-ui-colors')) document.querySelector(`style[${marker}]`)?.remove()
    })
  },
})
