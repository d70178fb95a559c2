package redisgate

import (
	"encoding/hex"
	"strings"

	"dpp"
)

// All keys of a tenant have its name in braces, by which a cluster chooses the node:
//
//	dpp:gate:{ten_…}:money             what its live account can spend
//	dpp:gate:{ten_…}/test:rate:submit  its test account's bucket under a policy
func (g *Gate) moneyKey(account dpp.AccountID) string { return g.base(account) + ":money" }

func (g *Gate) rateKey(account dpp.AccountID, policy string) string {
	return g.base(account) + ":rate:" + policy
}

func (g *Gate) base(account dpp.AccountID) string {
	tenant, rest := string(account), ""
	if at := strings.IndexByte(tenant, '/'); at >= 0 {
		tenant, rest = tenant[:at], tenant[at:]
	}
	return g.opts.Prefix + "{" + tag(tenant) + "}" + rest
}

// tag is the tenant, written otherwise where Redis would not take it for a hash tag.
func tag(tenant string) string {
	if tenant == "" || strings.ContainsAny(tenant, "{}=") {
		return "=" + hex.EncodeToString([]byte(tenant))
	}
	return tenant
}
