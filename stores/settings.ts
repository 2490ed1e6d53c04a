import { defineStore } from 'pinia'
import { computed, ref, watch } from 'vue'
import { useColorMode } from '#imports'
import { useNuxtApp } from '#app'
import { z } from 'zod'
import { keep } from '~/stores/kept'
import { createId } from '~/shared/domain/ids'

const deviceSettingsKey = 'holdfast:settings'
export const themeSchema = z.enum(['system', 'light', 'dark'])
export type Theme = z.infer<typeof themeSchema>
export const textSizeSchema = z.enum(['small', 'medium', 'large'])
export type TextSize = z.infer<typeof textSizeSchema>

/** What belongs to this device alone, kept in localStorage so that the first paint has it. The cap is in USD per UTC day. */
const deviceSettingsSchema = z.object({
  textSize: textSizeSchema.catch('medium'),
  dailySpendCap: z.number().positive().nullable().catch(null),
  notifyReplies: z.boolean().catch(false),
})
type DeviceSettings = z.infer<typeof deviceSettingsSchema>

/** Text that is no JSON, or JSON of another shape, counts as nothing chosen. */
const storedSettingsSchema = z.string().transform((text, context): unknown => {
  try {
    return JSON.parse(text)
  }
  catch (cause) {
    context.addIssue({ code: 'custom', message: 'not JSON', params: { cause } })
    return z.NEVER
  }
}).pipe(deviceSettingsSchema).catch(deviceSettingsSchema.parse({}))

const readDeviceSettings = (): DeviceSettings => storedSettingsSchema.parse(localStorage.getItem(deviceSettingsKey) ?? '{}')

const rootSize: Record<TextSize, string> = { small: '93.75%', medium: '100%', large: '112.5%' }

/** What a person chose: on this device (theme, text size, spend cap, notifications), and for all their devices (default model). */
export const useSettingsStore = defineStore('settings', () => {
  const database = useNuxtApp().$database
  const colorMode = useColorMode()
  const device = ref(readDeviceSettings())

  function setDevice(patch: Partial<DeviceSettings>): void {
    device.value = { ...device.value, ...patch }
    keep(deviceSettingsKey, JSON.stringify(device.value))
  }
  window.addEventListener('storage', (event) => {
    if (event.key === deviceSettingsKey) device.value = readDeviceSettings()
  })
  watch(() => device.value.textSize, (size) => {
    document.documentElement.style.fontSize = rootSize[size]
  }, { immediate: true })

  const theme = computed<Theme>({
    get: () => themeSchema.catch('system').parse(colorMode.preference),
    set: (value) => {
      colorMode.preference = value
    },
  })
  const textSize = computed({ get: () => device.value.textSize, set: (size: TextSize) => setDevice({ textSize: size }) })
  const notifyReplies = computed({ get: () => device.value.notifyReplies, set: (on: boolean) => setDevice({ notifyReplies: on }) })
  const dailySpendCap = computed({ get: () => device.value.dailySpendCap, set: (usd: number | null) => setDevice({ dailySpendCap: usd }) })

  const defaultModel = ref<string | null>(null)
  database.watch('setting', { name: 'default-model' }, ({ value }) => {
    defaultModel.value = typeof value === 'string' ? value : null
  })
  const setDefaultModel = (model: string | null) => {
    const now = Date.now()
    const id = createId(now, (length) => crypto.getRandomValues(new Uint8Array(length)))
    return database.call('set-setting', { mutation: id, at: now, name: 'default-model', value: model })
  }

  /** Cost of today's replies (UTC), in USD, of every device of the space. */
  const spentToday = ref(0)
  database.watch('usage', { days: 1 }, (days) => {
    const today = new Date().toISOString().slice(0, 10)
    spentToday.value = days.find(({ day }) => day === today)?.cost ?? 0
  })
  /** True when a send from this device must stop: the cap is reached. */
  const spendBlocked = computed(() => dailySpendCap.value !== null && spentToday.value >= dailySpendCap.value)

  return { theme, textSize, notifyReplies, dailySpendCap, spentToday, spendBlocked, defaultModel, setDefaultModel }
})
