package sqlitestore

// writes are the statements of the connection that writes.
func writes() []string {
	return []string{
		begin, commit, rollback,
		selectKeys, selectAccounts, selectRuns, insertRun, insertInputs, insertKeyRow, deleteKey, insertEntry, updateAccount,
		selectHeld, selectReady, selectOldest, updateStarted, insertLease, updateLease,
		selectStanding, deleteLease, updateRun, insertEvent,
		selectReferenced,
		selectUnsealed, selectToSeal, updateSeal, upsertUsage,
		updatePurged, deleteInputs, deleteKeys, deleteRuns,
		insertTenant, insertAccount, selectTenantExists, updateSuspended,
		insertKey, selectKey, updateRevoked,
		updateTaken, deleteEvents, updateRetried,
		selectUploads, selectUnusedCount, insertUpload, insertUse, updateUsed, deleteUses, updateReleased, deleteUploads,
		selectEpoch, updateEpoch,
	}
}

// reads are the statements that callers wait for, of the connections that read.
func reads() []string {
	return append(audits(),
		selectSchemaVersion, selectEpoch,
		selectRuns, selectRunsByKey, selectRunStates,
		selectList, selectListOpen, selectListEnded, selectListPack, selectListExternal,
		selectDueLeases, selectDueQueue, selectDueRetention, selectDepth,
		selectAccounts, selectEntries, selectUsage, selectUnfolded,
		selectUploads, selectUnusedUploads,
		selectTenants, selectAllKeys, selectTenantKeys, selectKeysByHash,
	)
}

// audits are the statements of a snapshot, and of totals; they may look at everything
// there is.
func audits() []string {
	return []string{selectTotals, selectEachAccount, selectEachEntry, selectEachRun, selectSealed, selectEachUsage, selectEachUsed, selectStrays}
}
