package api

import (
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"dpp"
	"dpp/internal/api/openapi"
)

func moneyRoutes() []route {
	const tag = "Money"
	return []route{
		{do: plain(getBudget), Operation: openapi.Operation{
			Method: http.MethodGet, Path: "/v1/budget", ID: "getBudget", Tag: tag, Access: openapi.Tenant, Summary: "Read the balance",
			Description: "What is available, what open runs hold, and what was spent: together all that was ever credited.",
			Answers:     []openapi.Answer{{Status: http.StatusOK, Description: "The balance.", Body: dpp.BudgetView{}, Headers: readHeaders}},
		}},
		{do: getLedger, Operation: openapi.Operation{
			Method: http.MethodGet, Path: "/v1/ledger", ID: "getLedger", Tag: tag, Access: openapi.Tenant, Summary: "Read the ledger",
			Description: "Your own entries, newest first. amount_usd is a magnitude; the kind gives its direction: credit and release add to what is available, hold takes from it, capture turns what was held into spent.",
			Parameters:  []openapi.Parameter{limitParameter, cursorParameter},
			Answers:     []openapi.Answer{{Status: http.StatusOK, Description: "A page of entries.", Body: dpp.List[dpp.EntryView]{}, Headers: readHeaders}},
			Reasons:     []dpp.Reason{dpp.ReasonInvalidCursor},
		}},
		{do: getUsage, Operation: openapi.Operation{
			Method: http.MethodGet, Path: "/v1/usage", ID: "getUsage", Tag: tag, Access: openapi.Tenant, Summary: "Read usage by day",
			Description: "Counts and costs for each UTC day and pack, oldest first; the last 30 days where nothing else is asked for, at most 366.",
			Parameters: []openapi.Parameter{
				{Name: "from", In: "query", Description: "The first day.", Schema: huma.Schema{Type: huma.TypeString, Format: "date"}},
				{Name: "to", In: "query", Description: "The day after the last.", Schema: huma.Schema{Type: huma.TypeString, Format: "date"}},
			},
			Answers: []openapi.Answer{{Status: http.StatusOK, Description: "Days with anything to tell.", Body: dpp.List[dpp.UsageView]{}, Headers: readHeaders}},
		}},
	}
}

func packRoutes() []route {
	const tag = "Packs"
	return []route{
		{do: plain(listPacks), Operation: openapi.Operation{
			Method: http.MethodGet, Path: "/v1/packs", ID: "listPacks", Tag: tag, Access: openapi.Tenant, Summary: "List packs",
			Description: "The manifest of every pack: schemas, prices, limits, how reliability is computed, and an example that works as it stands.",
			Answers:     []openapi.Answer{{Status: http.StatusOK, Description: "All packs.", Body: dpp.List[dpp.PackView]{}, Headers: readHeaders}},
		}},
		{do: plain(getPack), Operation: openapi.Operation{
			Method: http.MethodGet, Path: "/v1/packs/{type}", ID: "getPack", Tag: tag, Access: openapi.Tenant, Summary: "Read a pack's manifest",
			Description: "What the list of packs says of this one. A type that is not offered is not found.",
			Parameters:  []openapi.Parameter{{Name: "type", In: "path", Description: "The pack's type, such as decision.", Schema: huma.Schema{Type: huma.TypeString}}},
			Answers:     []openapi.Answer{{Status: http.StatusOK, Description: "The manifest.", Body: dpp.PackView{}, Headers: readHeaders}},
			Reasons:     []dpp.Reason{dpp.ReasonNotFound},
		}},
	}
}

const platformTag = "Platform"

func healthRoutes() []route {
	return []route{
		{do: getHealth, Operation: openapi.Operation{
			Method: http.MethodGet, Path: "/health", ID: "getHealth", Tag: platformTag, Summary: "How the platform does",
			Description: "Always 200. A service is up when whatever plays its role works.",
			Answers:     []openapi.Answer{{Status: http.StatusOK, Description: "healthy or degraded.", Body: HealthView{}}},
		}},
		{do: getReady, Operation: openapi.Operation{
			Method: http.MethodGet, Path: "/readyz", ID: "getReady", Tag: platformTag, Summary: "Whether this process can serve",
			Description: "Answers with DEPENDENCY_DOWN where something that requests need is down, or the process is about to stop.",
			Answers:     []openapi.Answer{{Status: http.StatusOK, Description: "It can.", Body: ReadyView{}}},
		}},
	}
}

func documentRoutes() []route {
	return []route{
		{do: plain(getDocument), Operation: openapi.Operation{
			Method: http.MethodGet, Path: "/openapi.json", ID: "getDocument", Tag: platformTag, Summary: "This document",
			Description: "OpenAPI 3.1 as JSON, made from the operations and types that are served.",
			Answers:     []openapi.Answer{{Status: http.StatusOK, Description: "The OpenAPI 3.1 document.", Body: map[string]any{}}},
			Reasons:     []dpp.Reason{dpp.ReasonUnknownField},
		}},
		{do: plain(getDocs), Operation: openapi.Operation{
			Method: http.MethodGet, Path: "/docs", ID: "getDocs", Tag: platformTag, Summary: "This document as a page",
			Description: "Every operation and every type, for people. The page loads nothing and runs nothing.",
			Answers:     []openapi.Answer{{Status: http.StatusOK, Description: "HTML.", MediaType: openapi.HTML}},
			Reasons:     []dpp.Reason{dpp.ReasonUnknownField},
		}},
	}
}

func problemRoutes() []route {
	return []route{
		{do: plain(listProblems), Operation: openapi.Operation{
			Method: http.MethodGet, Path: "/problems", ID: "listProblems", Tag: platformTag, Summary: "All kinds of problems",
			Description: "Every reason_code for which a request can be refused, with its status, its words and its remedy.",
			Answers: []openapi.Answer{
				{Status: http.StatusOK, Description: "HTML, or JSON where Accept prefers it.", MediaType: openapi.HTML},
				{Status: http.StatusOK, Body: dpp.List[ProblemView]{}},
			},
			Reasons: []dpp.Reason{dpp.ReasonUnknownField},
		}},
		{do: plain(getProblem), Operation: openapi.Operation{
			Method: http.MethodGet, Path: "/problems/{code}", ID: "getProblem", Tag: platformTag, Summary: "What a problem means",
			Description: "The type of every problem document is the address of such a page.",
			Parameters:  []openapi.Parameter{{Name: "code", In: "path", Description: "A reason_code, such as BUDGET_DRAINED.", Schema: huma.Schema{Type: huma.TypeString}}},
			Answers: []openapi.Answer{
				{Status: http.StatusOK, Description: "HTML, or JSON where Accept prefers it.", MediaType: openapi.HTML},
				{Status: http.StatusOK, Body: ProblemView{}},
			},
			Reasons: []dpp.Reason{dpp.ReasonUnknownField, dpp.ReasonNotFound},
		}},
	}
}

func metricsRoute() route {
	return route{do: getMetrics, Operation: openapi.Operation{
		Method: http.MethodGet, Path: "/metrics", ID: "getMetrics", Tag: platformTag, Access: openapi.Operator, Summary: "Metrics for Prometheus",
		Description: "With an operator's key.",
		Answers:     []openapi.Answer{{Status: http.StatusOK, Description: "Metrics in a text form.", MediaType: openapi.Text}},
	}}
}
