import locale from 'antd/es/locale/zh_CN'
// Registers the language; the date picker names the one it wants at each call.
import 'dayjs/locale/zh-cn'

export { locale }
