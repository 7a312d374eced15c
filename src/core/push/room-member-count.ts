export interface MemberCountTest {
  readonly operator: '==' | '<' | '>' | '<=' | '>=';
  readonly count: number;
}

/**
 * Parses `is` of a `room_member_count` condition: a decimal integer with an optional operator in front; `null` for anything else.
 * https://spec.matrix.org/v1.19/client-server-api/#conditions-1
 */
export function parseMemberCount(is: string): MemberCountTest | null {
  const [, operator = '==', digits = ''] = /^(==|<=|>=|<|>)?([0-9]{1,15})$/.exec(is) ?? [];
  return digits === '' ? null : { operator: operator as MemberCountTest['operator'], count: Number(digits) };
}

export function testMemberCount(test: MemberCountTest, members: number): boolean {
  switch (test.operator) {
    case '==':
      return members === test.count;
    case '<':
      return members < test.count;
    case '>':
      return members > test.count;
    case '<=':
      return members <= test.count;
    case '>=':
      return members >= test.count;
  }
}
