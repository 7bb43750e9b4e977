/** What each reason says to a cashier, in English and Chinese: what it is, and what to do where there is something to do. */
import type { ReasonName } from '#ledger/reasons';

/** The same words in both languages of the till. */
export interface Text {
  readonly en: string;
  readonly zh: string;
}

const say = (en: string, zh: string): Text => ({ en, zh });

/** One text a reason. `{who}` and `{when}` are filled in by `verdictText`; without them the clause is left out. */
export const reasonTexts: Readonly<Record<ReasonName, Text>> = {
  BAD_OPERATION: say('The ledger does not understand this request', '账本无法识别该请求'),
  NOT_AUTHORISED: say('This till may not do that', '本收银台无权办理'),
  UNKNOWN_ACCOUNT: say('This till is not enrolled. Call the manager', '本收银台未登记，请联系店长'),
  ALREADY_EXISTS: say('Exists already', '已存在'),
  NO_SUCH_STORE: say('This store is not on the ledger. Call the manager', '账本上没有本店，请联系店长'),
  NO_SUCH_SERIES: say('No such coupon', '没有这种优惠券'),
  NO_SUCH_ITEM: say('This coupon was never issued', '该优惠券从未发行'),
  ALREADY_REDEEMED: say('Already used', '已使用'),
  RESERVED_ELSEWHERE: say('In use at another till right now', '正在其他收银台使用中'),
  LEASED_TO_OTHER: say('Reserved for another store', '已预留给其他门店'),
  VOIDED: say('Cancelled by the issuer', '发行方已作废'),
  NOT_YET_VALID: say('Not valid yet', '尚未生效'),
  EXPIRED: say('Expired', '已过期'),
  TERMS_SUPERSEDED: say('The terms have changed. Scan again', '条款已变更，请重新扫码'),
  NOT_ACCEPTED_HERE: say('Not accepted in this store', '本店不适用'),
  CONSENT_MISSING: say('Scan the QR code on the coupon, not its number', '请扫描券上的二维码，不要输入券号'),
  CONSENT_INVALID: say('The code does not belong to this coupon', '此码与该优惠券不符'),
  NO_SUCH_RIGHT: say('The store has no right to take this without the line', '断线时本店无权受理'),
  RIGHT_CLOSED: say('The right of this store to take it has ended', '本店的受理权已终止'),
  RIGHT_DOES_NOT_COVER: say('Not covered by what this store may take', '不在本店可受理范围内'),
  ALLOCATION_MISSING: say('The store hub has not released this coupon', '门店主机尚未放行该券'),
  ALLOCATION_INVALID: say('The release by the store hub is not valid', '门店主机的放行无效'),
  HUB_FENCED: say('The store hub has been replaced. Call the manager', '门店主机已更换，请联系店长'),
  BUDGET_EXHAUSTED: say('The limit for coupons without the line is used up', '断线受理额度已用完'),
  SHARD_TOO_OLD: say('The line has been away too long to check this', '断线时间过长，无法核验'),
  OFFLINE_NOT_ALLOWED: say('Cannot be taken while the line is away', '断线时不可使用'),
  TOO_LATE: say('The answer came too late. Scan again', '答复超时，请重新扫码'),
  NOT_RESERVED: say('Not in this basket any more. Scan again', '已不在本单中，请重新扫码'),
  TOO_MANY_OPEN: say('Too many open coupons. Close or cancel a basket first', '未结优惠券过多，请先结单或取消'),
  NO_SUCH_BATCH: say(
    'Not known here: it cannot be checked. That is no proof of a fake',
    '此处未收录，无法核验，不代表是假货',
  ),
  NO_SUCH_SERIAL: say('The maker never made this one. Do not sell', '厂家没有此编号，请勿销售'),
  ALREADY_SOLD_HERE: say('Already sold in this store', '本店已售出'),
  ALREADY_SOLD_ELSEWHERE: say('Already sold in another store', '已在其他门店售出'),
  RECALLED: say('Recalled by the maker. Do not sell', '厂家已召回，请勿销售'),
  PRODUCT_EXPIRED: say('Past its date. Do not sell', '已过保质期，请勿销售'),
  NOT_RECEIVED: say('Sold without having been received here', '本店无收货记录'),
  NOT_CACHED: say('Not known at this till. Try again with the line up', '本机无记录，请联网后再试'),
  USED_HERE: say('Already used here', '本店已使用'),
  TAMPERED: say('This code has been changed. Do not take it', '此码已被篡改，请勿受理'),
  BAD_CODE: say('Not a code that can be read here. Scan again', '无法识别，请重新扫码'),
  SCANNER_FAULT: say('The scanner garbles codes: check its keyboard setting', '扫码枪设置有误，请检查键盘布局'),
  CLOCK_UNCERTAIN: say('The till does not know the date. Check the date by eye', '本机时间不确定，请人工核对日期'),
  NO_ANSWER: say(
    'No answer in time. Held; it may stay blocked until the line is back',
    '未及时得到答复，已保留，恢复联网前可能无法使用',
  ),
  HUB_UNREACHABLE: say('The store hub does not answer', '门店主机无应答'),
  UNANCHORED: say('The till restarted and could not check its books yet', '本机重启后尚未核对账目'),
  JOURNAL_FULL: say('The till has no space left. Call the manager', '本机存储已满，请联系店长'),
  LIMIT_EXCEEDED: say('Too much at once. Try again in a moment', '操作过多，请稍后再试'),
  LEASE_OPEN: say(
    'The store still owns coupons through its hub. Release them first',
    '门店仍通过主机持有优惠券，请先释放',
  ),
};
