// linux/if_bonding.h
export const BOND_MODE_ALB: i32 = 6;
