// What the tests of the core take from Vitest, in a page.

import { chai, JestChaiExpect, JestExtend } from "@vitest/expect";

export { beforeAll, describe, test } from "@vitest/runner";

chai.use(JestExtend);
chai.use(JestChaiExpect);
export const { expect } = chai;
